"""How closely the process of a stream watches: as it is told, and more closely where something looks wrong."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from watchglass.model.attention import Attention, Tier
from watchglass.monitor.promotion import Promotion
from watchglass.monitor.watch import Observation
from watchglass.supervisor.words import Order


class Tiers:
    """Sets the attention of one stream; what is ordered from another thread is done by the one that watches.

    Args:
        is_light: Whether key frames are enough while nothing looks wrong.
        tell: Is told every turn.
    """

    def __init__(self, *, is_light: bool, tell: Callable[[Tier], None]) -> None:
        self.attention = Attention(is_light=is_light)
        self._tell = tell
        self._is_light = is_light
        self._allows = True
        self._orders: deque[Order] = deque()
        self._promotion = self._begun()

    def order(self, order: Order) -> None:
        """Turn, or look no more closely than told; may be called from any thread."""
        self._orders.append(order)

    def begin(self) -> None:
        """Another stretch of watching: what was open in the one before is not."""
        self._promotion = self._begun()
        if self.attention.is_light is not self._is_light:
            self.attention.is_light = self._is_light
            self._tell(Tier(0.0, self._is_light, "watching begins anew"))

    def watching(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        """Pass observations through."""
        for seen in observations:
            while self._orders:
                self._follow(self._orders.popleft())
            if self._promotion is not None:
                self._promotion.take(seen)
            yield seen

    def _follow(self, order: Order) -> None:
        if order in ("light", "full"):
            self._is_light = self.attention.is_light = order == "light"
            self._promotion = self._begun()
            self._tell(Tier(0.0, self._is_light, "as ordered"))
        else:
            self._allows = order == "promotion"
            if self._promotion is not None:
                self._promotion.allowed = self._allows

    def _begun(self) -> Promotion | None:
        if not self._is_light:
            return None
        promotion = Promotion(self.attention, tell=self._tell)
        promotion.allowed = self._allows
        return promotion
