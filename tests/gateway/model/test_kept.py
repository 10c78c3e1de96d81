"""What is kept of a market is bounded."""

from desk.gateway.model.kept import Kept


def test_the_value_not_used_for_longest_goes_and_is_made_anew() -> None:
    made: list[int] = []
    kept: Kept[int, int] = Kept(2)

    def square(n: int) -> int:
        def make() -> int:
            made.append(n)
            return n * n

        return kept.get(n, make)

    assert [square(n) for n in (1, 2, 1, 3, 1)] == [1, 4, 1, 9, 1]
    assert made == [1, 2, 3]
    assert len(kept) == 2
    assert square(2) == 4
    assert made == [1, 2, 3, 2]


def test_nothing_is_a_value_too() -> None:
    kept: Kept[str, None] = Kept(1)
    calls: list[str] = []
    for _ in range(2):
        kept.get("a", lambda: calls.append("made"))
    assert calls == ["made"]
