"""What was promised, what was measured, and whether the two agree."""

from dataclasses import dataclass, field


@dataclass
class Promises:
    """A table that grows, and an exit code."""

    rows: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def hold(self, what: str, promised: str, measured: str, is_kept: bool) -> None:
        """Judge one."""
        self.rows.append((what, promised, measured, is_kept))
        print(f"  {what}: {measured} ({'as promised' if is_kept else f'BROKEN: promised {promised}'})", flush=True)

    def none(self, what: str, found: int, of: str = "") -> None:
        """Judge one that must not happen at all."""
        self.hold(what, "0", f"{found}{of}", found == 0)

    def at_most(self, what: str, seconds: float, measured: list[float]) -> None:
        """Judge times: the worst counts."""
        if not measured:
            self.hold(what, f"<= {seconds:g} s", "never measured", False)
            return
        ranked = sorted(measured)
        told = f"median {ranked[len(ranked) // 2]:.2f} s, worst {ranked[-1]:.2f} s of {len(ranked)}"
        self.hold(what, f"<= {seconds:g} s", told, ranked[-1] <= seconds)

    def tell(self) -> int:
        """Print the table; the exit code."""
        print(f"\n{'':50}{'promised':>14}  measured")
        for what, promised, measured, is_kept in self.rows:
            print(f"{what:50}{promised:>14}  {measured}{'' if is_kept else '   BROKEN'}")
        broken = sum(not row[-1] for row in self.rows)
        print(f"\n{len(self.rows) - broken} of {len(self.rows)} promises kept")
        return int(broken > 0)
