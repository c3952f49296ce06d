"""The proofs: what is proved of which module in which geometry, how, and what breaks it. prove.py runs them; docs/formal.md tells what they mean."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mutation:
    """A change of one place of the RTL after which the assertion named by `breaks` must fail."""
    what: str    # in words, for the table
    file: str    # under rtl/
    old: str     # text that is there exactly once
    new: str
    breaks: str  # label of the assertion
    depth: int = 0  # clocks to search; 0: two more than the proof's


@dataclass(frozen=True)
class Proof:
    name: str
    property: str
    module: str
    geometry: str
    top: str
    harness: tuple[str, ...]     # files in tests/formal
    manifest: str                # under rtl/, "" for none
    depth: int                   # of the induction, or clocks from reset when bounded
    mutations: tuple[Mutation, ...]
    parameters: dict = field(default_factory=dict)
    defines: tuple[str, ...] = ()
    script: tuple[str, ...] = ()  # Yosys commands before prep
    engine: str = "smtbmc bitwuzla"
    search: str = "smtbmc bitwuzla"  # engine that looks for counterexamples and cover traces
    bounded: bool = False
    covers: bool = True
    cover_depth: int = 0
    fast: bool = True

    @property
    def method(self) -> str:
        if self.bounded:
            return f"bounded, {self.depth} clocks"
        return "PDR" if self.engine.startswith("abc") else f"{self.depth}-induction"


def first_one(body: str, manifest: str, width: int, mutations: tuple[Mutation, ...]) -> Proof:
    return Proof(
        name=f"first_one_{body}_{width}", property="index of the lowest set bit, and whether there is one, for every vector", module=f"pcl_first_one ({body})",
        geometry=f"{width} bits", top="first_one_proof", harness=("first_one_proof.sv",), manifest=manifest, parameters={"WIDTH": width},
        depth=5, mutations=mutations)


PROOFS = (
    first_one("generic", "engine/engine.f", 64, (
        Mutation("half words exchanged", "prim/pcl_first_one.sv", "place[3] = rest[7:0] == 0;", "place[3] = rest[15:8] != 0;", "NoSetBitIsLower"),
    )),
    first_one("hardware", "engine/engine_hardware.f", 64, (
        Mutation("one term of the encoder left out", "prim/hardware/pcl_first_one.sv", "(!x[4] && (x[5] ||", "(x[4] && (x[5] ||", "NoSetBitIsLower"),
    )),
    first_one("hardware", "engine/engine_hardware.f", 512, (
        Mutation("place of a group taken from the group beside it", "prim/hardware/pcl_first_one.sv", "index_o = BITS'({top, g_stage[CLOCKS].g_places.place_q[top]});",
                 "index_o = BITS'({top, g_stage[CLOCKS].g_places.place_q[top ^ 3'd1]});", "IndexIsASetBit"),
    )),
)
