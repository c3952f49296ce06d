"""bench/campaign/kubernetes.yaml against the API schemas of Kubernetes, and against itself.

    kubernetes_test.py MANIFEST        needs kubernetes-validate, which carries the schemas (scripts/requirements-nightly.txt)
"""
import re
import sys

import kubernetes_validate
import yaml


def main():
    documents = list(yaml.safe_load_all(open(sys.argv[1], encoding="utf-8")))
    # podFailurePolicy is there, and no longer alpha, from 1.26 on.
    for version in ("1.29", kubernetes_validate.latest_version()):
        for document in documents:
            kubernetes_validate.validate(document, version, strict=True)
    broken = {**documents[-1], "spec": {**documents[-1]["spec"], "completionMod": "Indexed"}}
    try:
        kubernetes_validate.validate(broken, "1.29", strict=True)
        raise SystemExit("the schema lets an unknown key pass: it shows nothing")
    except kubernetes_validate.ValidationError:
        pass
    job = next(document for document in documents if document["kind"] == "Job")["spec"]
    claim = next(document for document in documents if document["kind"] == "PersistentVolumeClaim")["metadata"]["name"]
    pod = job["template"]["spec"]
    container = pod["containers"][0]
    command = " ".join(container["args"])
    assert job["completionMode"] == "Indexed"
    assert int(re.search(r"--shards (\d+)", command)[1]) == job["completions"], "--shards is not completions"
    assert "--shard \"$JOB_COMPLETION_INDEX\"" in command
    assert pod["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim
    assert re.search(r"--out (\S+)", command)[1] == container["volumeMounts"][0]["mountPath"]
    assert pod["restartPolicy"] == "Never", "podFailurePolicy asks for it"
    assert job["podFailurePolicy"]["rules"][0]["onExitCodes"]["containerName"] == container["name"]


if __name__ == "__main__":
    main()
