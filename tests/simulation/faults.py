"""The faults that a session can hold, with the numbers of the catalogue that they stand for."""

from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong, in words for a tape."""

    CRASH_BEFORE = "crash before the effect"
    CRASH_AFTER = "crash after the effect"
    SLOW = "slow effect"
    LEDGER_DOWN = "ledger not reachable, nothing written"
    LEDGER_UNKNOWN = "ledger committed, the answer was lost"
    LEDGER_LOST = "ledger did not commit, and nobody knows"
    LEDGER_CONFLICT = "ledger transaction lost a race"
    LEDGER_OUT = "ledger out of reach for a while"
    STATE_DOWN = "working state not reachable, nothing written"
    STATE_UNKNOWN = "working state written, the answer was lost"
    STATE_FLUSHED = "working state flushed"
    STATE_ROLLED_BACK = "working state rolled back"
    STATE_PAUSED = "working state read-only for a while"
    SEND_LOST = "queue did not accept"
    SEND_UNKNOWN = "queue accepted, the answer was lost"
    SEND_PARTIAL = "queue accepted a part of the batch"
    EVENTS_DOWN = "event bus down"
    POST_NOT_SENT = "no connection for the order"
    POST_LOST = "order timed out and never arrived"
    POST_UNKNOWN = "order accepted, answered 504"
    POST_LATE = "order timed out and arrives later"
    POST_LIMITED = "order answered 429"
    POST_REFUSED = "order refused"
    POST_UNREADABLE = "order accepted, the answer is cut off"
    SENT_AGAIN = "order sent again, refused as a duplicate"
    READ_FAILED = "broker read answered 503"
    READ_LIMITED = "broker read answered 429"
    READ_UNREADABLE = "broker read answered a page instead of JSON"
    SNAPSHOT_EMPTY = "broker shows no positions or no money"
    LONG_BOOKS = "broker has more rows than a page"
    KEYS_ROTATED = "broker keys rotated"
    KEYS_REVOKED = "broker keys revoked for a while"
    CLOCKS_APART = "broker's clock is not ours"
    FILLED_FIRST = "filled before the order was answered"
    PARTIALLY_FILLED = "filled in parts"
    RESTS = "order rests unfilled"
    STUCK_NEW = "order stuck in pending_new"
    STUCK_CANCEL = "cancel stuck for minutes"
    CANCEL_RACED = "filled while the cancel was pending"
    REJECTED_LATE = "rejected after it was accepted"
    REPLACED_UNASKED = "order replaced by the broker, unasked"
    REPLACE_RACED = "filled before its replacement was taken"
    EXPIRED = "order expired at the broker"
    WASH_TRADE = "refused against an order of the other side"
    POWER_SHORT = "refused for the buying power"
    POWER_CUT = "broker grants little buying power for a while"
    SYMBOL_HALTED = "symbol halted for a while"
    DIVIDEND = "dividend paid"
    SPLIT = "shares split"
    UNKNOWN_ACTIVITY = "activity of a kind that nobody knows"
    FOREIGN_ORDER = "order made by hand"
    FRAME_DROPPED = "frame of the order stream lost"
    FRAME_TWICE = "frame of the order stream twice"
    FRAME_DELAYED = "frame of the order stream overtaken"
    FRAME_GARBAGE = "frame of the order stream unreadable"
    STATUS_UNHEARD_OF = "order with a status that nobody knows"
    STREAM_CUT = "order stream cut"
    DELIVERED_TWICE = "message delivered again after its success"
    RECEIVE_LOST = "message received and never delivered"
    THROTTLED = "function throttled"
    VISIBLE_EARLY = "message visible again while it is worked on"
    POISON = "message that nobody can read"
    BAR_LATE = "bar late"
    BAR_REPEATED = "bar repeated"
    BAR_REVISED = "bar revised"
    BAR_MISSING = "bar missing"
    BAR_GARBAGE = "bar corrupt"
    BAR_JUMPED = "bar at ten times the price"
    FEED_SILENT = "feed gone for a while"
    KNOCK_TWICE = "schedule knocked twice"
    KNOCK_LATE = "schedule knocked late"
    CONTAINER_KILLED = "container killed"
    CONTAINER_TWICE = "two containers at once"
    HALF_DAY = "session of a half day"
    RELEASES_MIXED = "functions of two releases at once"
    HALTED = "operator halts"
    FLATTENED = "operator flattens"
    RESUMED = "operator resumes"


RATES: dict[Fault, float] = {
    Fault.CRASH_BEFORE: 0.001,
    Fault.CRASH_AFTER: 0.001,
    Fault.SLOW: 0.002,
    Fault.LEDGER_DOWN: 0.002,
    Fault.LEDGER_UNKNOWN: 0.002,
    Fault.LEDGER_LOST: 0.001,
    Fault.LEDGER_CONFLICT: 0.003,
    Fault.LEDGER_OUT: 0.01,
    Fault.STATE_DOWN: 0.002,
    Fault.STATE_UNKNOWN: 0.002,
    Fault.STATE_FLUSHED: 0.03,
    Fault.STATE_ROLLED_BACK: 0.02,
    Fault.STATE_PAUSED: 0.02,
    Fault.SEND_LOST: 0.003,
    Fault.SEND_UNKNOWN: 0.003,
    Fault.SEND_PARTIAL: 0.003,
    Fault.EVENTS_DOWN: 0.01,
    Fault.POST_NOT_SENT: 0.02,
    Fault.POST_LOST: 0.02,
    Fault.POST_UNKNOWN: 0.03,
    Fault.POST_LATE: 0.02,
    Fault.POST_LIMITED: 0.02,
    Fault.POST_REFUSED: 0.02,
    Fault.POST_UNREADABLE: 0.02,
    Fault.READ_FAILED: 0.01,
    Fault.READ_UNREADABLE: 0.005,
    Fault.SNAPSHOT_EMPTY: 0.005,
    Fault.LONG_BOOKS: 0.05,
    Fault.KEYS_ROTATED: 0.02,
    Fault.KEYS_REVOKED: 0.01,
    Fault.CLOCKS_APART: 0.3,
    Fault.READ_LIMITED: 0.005,
    Fault.FILLED_FIRST: 0.1,
    Fault.PARTIALLY_FILLED: 0.2,
    Fault.RESTS: 0.1,
    Fault.STUCK_NEW: 0.03,
    Fault.STUCK_CANCEL: 0.05,
    Fault.CANCEL_RACED: 0.2,
    Fault.REJECTED_LATE: 0.03,
    Fault.REPLACED_UNASKED: 0.03,
    Fault.REPLACE_RACED: 0.4,
    Fault.EXPIRED: 0.03,
    Fault.POWER_CUT: 0.02,
    Fault.SYMBOL_HALTED: 0.02,
    Fault.DIVIDEND: 0.03,
    Fault.UNKNOWN_ACTIVITY: 0.01,
    Fault.FOREIGN_ORDER: 0.02,
    Fault.FRAME_DROPPED: 0.03,
    Fault.FRAME_TWICE: 0.05,
    Fault.FRAME_DELAYED: 0.05,
    Fault.FRAME_GARBAGE: 0.01,
    Fault.STATUS_UNHEARD_OF: 0.01,
    Fault.STREAM_CUT: 0.02,
    Fault.DELIVERED_TWICE: 0.02,
    Fault.RECEIVE_LOST: 0.01,
    Fault.THROTTLED: 0.01,
    Fault.VISIBLE_EARLY: 0.01,
    Fault.POISON: 0.01,
    Fault.BAR_LATE: 0.03,
    Fault.BAR_REPEATED: 0.03,
    Fault.BAR_REVISED: 0.03,
    Fault.BAR_MISSING: 0.03,
    Fault.BAR_GARBAGE: 0.02,
    Fault.BAR_JUMPED: 0.01,
    Fault.FEED_SILENT: 0.01,
    Fault.KNOCK_TWICE: 0.1,
    Fault.KNOCK_LATE: 0.1,
    Fault.CONTAINER_KILLED: 0.01,
    Fault.CONTAINER_TWICE: 0.01,
    Fault.RELEASES_MIXED: 0.02,
}

NUMBERS: dict[Fault, tuple[str, ...]] = {
    Fault.CRASH_BEFORE: ("F32",),
    Fault.CRASH_AFTER: ("F32",),
    Fault.SLOW: ("F25",),
    Fault.LEDGER_DOWN: ("F11", "F40"),
    Fault.LEDGER_UNKNOWN: ("F40",),
    Fault.LEDGER_LOST: ("F40",),
    Fault.LEDGER_CONFLICT: ("F39",),
    Fault.LEDGER_OUT: ("F11", "F40"),
    Fault.STATE_DOWN: ("F38",),
    Fault.STATE_UNKNOWN: ("F38",),
    Fault.STATE_FLUSHED: ("F38",),
    Fault.STATE_ROLLED_BACK: ("F38",),
    Fault.STATE_PAUSED: ("F38",),
    Fault.SEND_LOST: ("F11", "F36"),
    Fault.SEND_UNKNOWN: ("F36",),
    Fault.SEND_PARTIAL: ("F36",),
    Fault.EVENTS_DOWN: ("F45", "F46"),
    Fault.POST_NOT_SENT: ("F02",),
    Fault.POST_LOST: ("F02",),
    Fault.POST_UNKNOWN: ("F01", "F04"),
    Fault.POST_LATE: ("F03",),
    Fault.POST_LIMITED: ("F06",),
    Fault.POST_REFUSED: ("F05",),
    Fault.POST_UNREADABLE: ("F01", "F10"),
    Fault.SENT_AGAIN: ("F03", "F04"),
    Fault.READ_FAILED: ("F01",),
    Fault.READ_UNREADABLE: ("F10",),
    Fault.SNAPSHOT_EMPTY: ("F22",),
    Fault.LONG_BOOKS: ("F23",),
    Fault.KEYS_ROTATED: ("F24",),
    Fault.KEYS_REVOKED: ("F24",),
    Fault.CLOCKS_APART: ("F41",),
    Fault.READ_LIMITED: ("F06",),
    Fault.FILLED_FIRST: ("F09",),
    Fault.PARTIALLY_FILLED: ("F12",),
    Fault.RESTS: ("F12",),
    Fault.STUCK_NEW: ("F14",),
    Fault.STUCK_CANCEL: ("F13",),
    Fault.CANCEL_RACED: ("F12",),
    Fault.REJECTED_LATE: ("F05",),
    Fault.REPLACED_UNASKED: ("F15", "F19"),
    Fault.REPLACE_RACED: ("F15",),
    Fault.EXPIRED: ("F20",),
    Fault.WASH_TRADE: ("F16",),
    Fault.POWER_SHORT: ("F17",),
    Fault.POWER_CUT: ("F17",),
    Fault.SYMBOL_HALTED: ("F18",),
    Fault.DIVIDEND: ("F19",),
    Fault.SPLIT: ("F19",),
    Fault.UNKNOWN_ACTIVITY: ("F19",),
    Fault.FOREIGN_ORDER: ("F21",),
    Fault.FRAME_DROPPED: ("F07",),
    Fault.FRAME_TWICE: ("F09",),
    Fault.FRAME_DELAYED: ("F09",),
    Fault.FRAME_GARBAGE: ("F10",),
    Fault.STATUS_UNHEARD_OF: ("F10",),
    Fault.STREAM_CUT: ("F08",),
    Fault.DELIVERED_TWICE: ("F31",),
    Fault.RECEIVE_LOST: ("F31",),
    Fault.THROTTLED: ("F35",),
    Fault.VISIBLE_EARLY: ("F33",),
    Fault.POISON: ("F34",),
    Fault.BAR_LATE: ("F29",),
    Fault.BAR_REPEATED: ("F28",),
    Fault.BAR_REVISED: ("F28",),
    Fault.BAR_MISSING: ("F29",),
    Fault.BAR_GARBAGE: ("F30",),
    Fault.BAR_JUMPED: ("F30",),
    Fault.FEED_SILENT: ("F27", "F29"),
    Fault.KNOCK_TWICE: ("F37",),
    Fault.KNOCK_LATE: ("F37",),
    Fault.CONTAINER_KILLED: ("F11", "F32"),
    Fault.CONTAINER_TWICE: ("F26",),
    Fault.HALF_DAY: ("F42",),
    Fault.RELEASES_MIXED: ("F43",),
    Fault.HALTED: ("F44",),
    Fault.FLATTENED: ("F44",),
    Fault.RESUMED: ("F44",),
}

DRAWN = tuple(sorted({number for numbers in NUMBERS.values() for number in numbers}))
"""The numbers that the seeded sessions are to hit."""
