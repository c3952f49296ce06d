"""The page of sources: every line that has points, with what was counted there, and why what was never reached was not. One file, nothing loaded from elsewhere."""
import html

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #1b1f24; background: #fff }
table { border-collapse: collapse } td, th { padding: .2em .8em; text-align: right; border-bottom: 1px solid #d8dee4 } td:first-child, th:first-child { text-align: left }
pre { font: 13px/1.4 ui-monospace, monospace; overflow-x: auto; border: 1px solid #d8dee4; padding: .5em 0 } pre span { display: block; padding: 0 .6em; white-space: pre }
.reached { background: #e6f6ea } .partly { background: #fff4d6 } .never { background: #fde3e1 }
pre i { color: #57606a; font-style: normal; display: inline-block; width: 14em } pre b { color: #a40e26; font-weight: normal }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 } .reached { background: #12301c } .partly { background: #3b2f0b } .never { background: #43191a } pre b { color: #ffa198 } }
"""
KINDS = {"line": "block", "branch": "branch", "toggle": "signal"}


def share(points):
    return f"{sum(p.count > 0 for p in points)} of {len(points)}" if points else ""


def anchor(file):
    return file.replace("/", "-").replace(".", "-")


def mark(points):
    reached = sum(p.count > 0 for p in points)
    return "reached" if reached == len(points) else "never" if reached == 0 else "partly"


def what_of(point):
    if point.kind == "branch":
        return {"if": "taken", "else": "not taken"}.get(point.what, point.what)
    return point.what if point.kind == "toggle" else KINDS[point.kind]


def listing(file, lines, points, because):
    """The source; beside a line the least and the greatest count of its points, below it the points that were never reached."""
    out = [f'<h2 id="{anchor(file)}">{html.escape(file)}</h2>', "<pre>"]
    for number, text in enumerate(lines, 1):
        mine = [p for p in points if p.line == number]
        if not mine:
            out.append(f"<span><i>{number:5}</i>{html.escape(text)}</span>")
            continue
        counts = sorted(p.count for p in mine)
        counted = f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,} to {counts[-1]:,}"
        out.append(f'<span class="{mark(mine)}" data-line="{number}" data-least="{counts[0]}" data-most="{counts[-1]}"><i>{number:5}  {counted}</i>{html.escape(text)}</span>')
        for point in mine:
            if point.count == 0:
                out.append(f'<span class="never"><i></i><b>never: {html.escape(what_of(point))} ({html.escape(because[point])})</b></span>')
    return out + ["</pre>"]


def html_page(points, sources, because, heading):
    """`sources`: lines of each file. `because`: a sentence for each point that was never reached. `heading`: what was counted."""
    files = sorted({p.file for p in points})
    out = ['<!DOCTYPE html>', '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">', "<title>Coverage of the RTL</title>",
           f"<style>{STYLE}</style></head><body>", "<h1>Coverage of the RTL</h1>", f"<p>{html.escape(heading)} Green: all points of the line were reached; yellow: some; red: none.</p>",
           "<table><tr><th>file</th><th>blocks</th><th>branches</th><th>signals of a bit</th><th>never reached</th></tr>"]
    for file in [*files, None]:
        mine = [p for p in points if file in (None, p.file)]
        name = f'<a href="#{anchor(file)}">{html.escape(file)}</a>' if file else "all"
        cells = [share([p for p in mine if p.kind == kind]) for kind in KINDS] + [str(sum(p.count == 0 for p in mine))]
        out.append(f"<tr><td>{name}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    out.append("</table>")
    for file in files:
        out += listing(file, sources[file], [p for p in points if p.file == file], because)
    return "\n".join([*out, "</body></html>"]) + "\n"
