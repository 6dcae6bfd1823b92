"""What the doctor says about one thing."""

from dataclasses import dataclass
from typing import Literal

from frontdesk.domain.errors import ConfigProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    state: Literal["ok", "warning", "problem"]
    detail: str
    where: str = ""
    """A setting's name, or `file:line`; empty where it is about no single place."""
    remedy: str = ""
    """What to do about it."""

    @property
    def sentence(self) -> str:
        """All of it on one line."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.detail}" + (f" {self.remedy}" if self.remedy else "")


def to_check(name: str, problem: ConfigProblem) -> Check:
    return Check(name=name, state="problem", detail=problem.message, where=problem.where, remedy=problem.hint)
