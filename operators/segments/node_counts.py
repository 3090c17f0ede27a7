"""How many people each node of a rule holds for.

Every node is answered for everybody, also where the nodes beside it have decided the rule already;
all, any and not from the answers below them, so that no node is asked twice. State: the counts.
"""

from domain.segments.rule import All, Not
from domain.segments.rule import Any as Any_
from operators.segments.nodes import Node, Subject


class NodeCounts:
    """Counts, node by node.

    Args:
        node: the compiled rule.

    Attributes:
        holds: per node, parents first (the order of `operators.rules.references.placed`).
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self.holds: list[int] = [0] * _size(node)

    def add(self, subject: Subject) -> bool:
        """Count one person; answers whether the whole rule holds."""
        return self._visit(self._node, 0, subject)[0]

    def _visit(self, node: Node, place: int, subject: Subject) -> tuple[bool, int]:
        """A node's answer, and the place after all below it."""
        following, below = place + 1, []
        for child in node.children:
            answer, following = self._visit(child, following, subject)
            below.append(answer)
        match node.rule:
            case All():
                holds = all(below)
            case Any_():
                holds = any(below)
            case Not():
                holds = not below[0]
            case _:
                holds = node.test(subject)[0]
        self.holds[place] += holds
        return holds, following


def _size(node: Node) -> int:
    return 1 + sum(_size(child) for child in node.children)
