"""What may go wrong with whole parts of the system, drawn once a minute: stores, container, broker,
deployments. Each trouble ends by itself, and all of them when the session heals.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.simulation.faults import Fault
from tests.simulation.models.broker_books import BrokerOrder
from tests.simulation.tape import Kind

if TYPE_CHECKING:
    from tests.simulation.world import World

_HALF_DAY = timedelta(hours=6)
_MOST_APART_S = 15.0
_OLD_ORDERS = 520  # more than the largest page
_LITTLE = Decimal("0.01")


class Troubles:
    """The troubles of one world."""

    def __init__(
        self, world: "World", *, feed_lost: Callable[[], None], feed_back: Callable[[], None]
    ) -> None:
        self._world = world
        self._loop = world.loop
        self._chaos = world.chaos
        self._tape = world.loop.tape
        self._feed_lost = feed_lost
        self._feed_back = feed_back
        self._keys = 0
        self._releases = 0

    def begin(self) -> None:
        """What is so from the first instant on."""
        world, happens = self._world, self._chaos.happens
        if world.swarm.closes - world.swarm.opens < _HALF_DAY:
            self._chaos.note(Fault.HALF_DAY, "calendar")
        if happens(Fault.CLOCKS_APART, "broker"):
            apart = self._tape.number("seconds between the clocks", -_MOST_APART_S, _MOST_APART_S)
            world.broker.ahead = timedelta(seconds=round(apart, 3))
        if happens(Fault.LONG_BOOKS, "broker"):
            self.fill_books()

    def minute(self) -> None:
        """Once a minute."""
        self._of_the_stores()
        self._of_the_container()
        self._of_the_broker()
        self._of_the_account()
        if self._chaos.happens(Fault.POISON, "queues"):
            self._poison()
        if self._chaos.happens(Fault.RELEASES_MIXED, "deployment"):
            self._loop.after(self._tape.seconds("deployment", 0.1, 40.0), self.deploy)

    def end(self) -> None:
        """Every trouble is over."""
        self._ledger_back()
        self._set_state_down(down=False)
        self._world.broker.spare_power = Decimal(1)
        self._world.broker.vault = self._world.broker.keys
        for symbol in sorted(self._world.broker.untradable):
            self._world.broker.resume(symbol)

    # stores

    def _of_the_stores(self) -> None:
        happens, tape = self._chaos.happens, self._tape
        if happens(Fault.STATE_FLUSHED, "cache"):
            self._loop.after(tape.seconds("flush", 0.1, 59.0), self.flush)
        if happens(Fault.STATE_ROLLED_BACK, "cache"):
            self._loop.after(tape.seconds("roll back", 0.1, 45.0), self._keep_and_roll_back)
        if happens(Fault.STATE_PAUSED, "cache"):
            self._set_state_down(down=True)
            lasts = tape.seconds("pause of the working state", 1.0, 30.0)
            self._loop.after(lasts, lambda: self._set_state_down(down=False))
        if happens(Fault.LEDGER_OUT, "ledger"):
            self._chaos.ledger_is_out = True
            self._loop.after(tape.seconds("outage of the ledger", 1.0, 40.0), self._ledger_back)

    def flush(self) -> None:
        self._world.stores.state.flush()
        self._world.stores.cache.flush()
        self._loop.tell("working state flushed")

    def _keep_and_roll_back(self) -> None:
        state = self._world.stores.state
        kept = state.kept()

        def roll_back() -> None:
            state.roll_back(kept)
            self._loop.tell("working state rolled back")

        self._loop.after(self._tape.seconds("rolled back by", 0.1, 10.0), roll_back)

    def _set_state_down(self, *, down: bool) -> None:
        self._world.stores.state.is_down = down
        self._world.stores.cache.is_down = down

    def _ledger_back(self) -> None:
        self._chaos.ledger_is_out = False

    # container and feed

    def _of_the_container(self) -> None:
        happens, tape, world = self._chaos.happens, self._tape, self._world
        if happens(Fault.FEED_SILENT, "feed"):
            self._feed_lost()
            self._loop.after(tape.seconds("silence of the feed", 10.0, 200.0), self._feed_back)
        if happens(Fault.CONTAINER_KILLED, "container") and world.container is not None:
            self._loop.after(tape.seconds("kill", 0.1, 59.0), self.kill_container)
        if happens(Fault.CONTAINER_TWICE, "container"):
            lasts = tape.seconds("two containers", 5.0, 120.0)
            self._loop.after(tape.seconds("second container", 0.1, 59.0), world.start_second)
            self._loop.after(59.0 + lasts, world.end_second)

    def kill_container(self) -> None:
        if self._world.container is not None:
            self._world.container.process.end()

    # the broker

    def _of_the_broker(self) -> None:
        happens, tape, broker = self._chaos.happens, self._tape, self._world.broker
        if happens(Fault.FOREIGN_ORDER, "broker"):
            self._loop.after(tape.seconds("order by hand", 0.1, 59.0), self.order_by_hand)
        if happens(Fault.KEYS_ROTATED, "broker"):
            broker.vault = self._new_keys()
            self._loop.after(tape.seconds("rotation", 0.1, 20.0), self._take_vault_keys)
        if happens(Fault.KEYS_REVOKED, "broker"):
            broker.keys = self._new_keys()
            self._loop.after(tape.seconds("revocation", 5.0, 60.0), self._fill_vault)
        if happens(Fault.POWER_CUT, "broker"):
            broker.spare_power = _LITTLE
            self._loop.after(tape.seconds("little buying power", 10.0, 120.0), self._power_back)
        if happens(Fault.SYMBOL_HALTED, "broker"):
            symbol = self._symbol("halted symbol")
            broker.stop(symbol)
            lasts = tape.seconds("halt of the symbol", 10.0, 200.0)
            self._loop.after(lasts, lambda: broker.resume(symbol))

    def _of_the_account(self) -> None:
        happens, broker = self._chaos.happens, self._world.broker
        if happens(Fault.DIVIDEND, "broker"):
            symbol = self._symbol("dividend of")
            broker.act("DIV", symbol, cash=f"{broker.position(symbol) * Decimal('0.11'):.2f}")
        if happens(Fault.UNKNOWN_ACTIVITY, "broker"):
            broker.act("REORG", self._symbol("reorganisation of"), cash="12.34")

    def fill_books(self) -> None:
        """Orders of the last days, by hand, all of them over; more than one page of them."""
        books, now = self._world.broker.books, self._world.broker.now
        for number in range(_OLD_ORDERS):
            at = now - timedelta(hours=20) + timedelta(seconds=number)
            name = f"by-hand-of-old-{number}"
            books.add(
                BrokerOrder(
                    id=f"old-order-{number}",
                    client_order_id=name,
                    symbol=self._world.swarm.symbols[0],
                    side="buy",
                    quantity=1,
                    limit=Decimal("1.50"),
                    status="canceled",
                    submitted_at=at,
                    updated_at=at,
                    is_foreign=True,
                    ended_at=at,
                )
            )

    def order_by_hand(self) -> None:
        world = self._world
        symbol = self._symbol("symbol by hand")
        request = {
            "client_order_id": f"by-hand-{len(world.broker.orders) + 1}",
            "symbol": symbol,
            "side": ("buy", "sell")[self._tape.pick("side by hand", 2)],
            "qty": "3",
            "limit_price": str(world.market.price(symbol)),
        }
        world.broker.accept(request, is_foreign=True)

    def _new_keys(self) -> tuple[str, str]:
        self._keys += 1
        return f"key-{self._keys}", f"secret-{self._keys}"

    def _take_vault_keys(self) -> None:
        self._world.broker.keys = self._world.broker.vault

    def _fill_vault(self) -> None:
        self._world.broker.vault = self._world.broker.keys

    def _power_back(self) -> None:
        self._world.broker.spare_power = Decimal(1)

    def _symbol(self, label: str) -> str:
        symbols = self._world.swarm.symbols
        return symbols[self._tape.pick(label, len(symbols), kind=Kind.FAULT)]

    # queues and functions

    def _poison(self) -> None:
        names = sorted(self._world.stores.queues)
        queue = self._world.stores.queues[names[self._tape.pick("poisoned queue", len(names))]]
        once = f"poison-{self._loop.now_us}"
        queue.send('{"v":99,"type":"Nothing"}', group="poison", once=once)

    def deploy(self) -> None:
        """A new release: the last hop has it at once, the others a little later."""
        self._releases += 1
        release = f"release-{self._releases}"
        self._world.deploy("execution", release)
        later = self._tape.seconds("rest of the deployment", 0.5, 30.0)
        self._loop.after(later, lambda: self._world.deploy("risk", release))
