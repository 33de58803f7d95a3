"""Charts as inline SVG: lines, bars and a histogram, with their scales in words."""

import math
from collections.abc import Callable, Sequence
from html import escape

WIDTH, HEIGHT = 920, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 10, 10, 24
_TICKS = 5
_LABELS = 4
_STEPS = (1, 2, 2.5, 5, 10)

Words = Callable[[float], str]


def dollars(value: float) -> str:
    return f"{value:,.0f}" if math.fabs(value) >= 10 or value == 0 else f"{value:,.2f}"


def percent(value: float) -> str:
    return f"{value:.2%}" if 0 < math.fabs(value) < 0.05 else f"{value:.0%}"


def number(value: float) -> str:
    return f"{value:,.0f}"


def line_chart(
    values: Sequence[float],
    *,
    labels: Sequence[str],
    name: str,
    words: Words,
    is_filled: bool = False,
) -> str:
    """One line over evenly spaced points; `labels` are those of the points. A filled one hangs
    from its highest value.
    """
    if len(values) < 2:
        return f'<p class="none">{escape(name)}: needs two points, has {len(values)}</p>'
    scale = _scale(min(values), max(values))
    step = (WIDTH - _LEFT - _RIGHT) / (len(values) - 1)
    points = [
        f"{_LEFT + index * step:.1f},{_y(value, scale):.1f}" for index, value in enumerate(values)
    ]
    body = _grid(scale, words)
    if is_filled:
        top = _y(max(values), scale)
        ends = f"{WIDTH - _RIGHT},{top:.1f} {_LEFT},{top:.1f}"
        body.append(f'<polygon class="area" points="{" ".join(points)} {ends}"/>')
    body.append(f'<polyline class="line" points="{" ".join(points)}"/>')
    marks = _spread(len(labels))
    body += _axis([(_LEFT + mark * step, labels[mark]) for mark in marks])
    return _svg(name, body)


def bar_chart(values: Sequence[float], *, labels: Sequence[str], name: str, words: Words) -> str:
    """Bars from zero; each says its value when it is pointed at."""
    if not values:
        return f'<p class="none">{escape(name)}: nothing to show</p>'
    width = (WIDTH - _LEFT - _RIGHT) / len(values)
    scale = _scale(min(0.0, *values), max(0.0, *values))
    body = _grid(scale, words)
    for index, (value, label) in enumerate(zip(values, labels, strict=True)):
        body.append(_bar(index, width, value, scale, f"{label}: {words(value)}", kind="up"))
    marks = _spread(len(labels))
    body += _axis([(_LEFT + (mark + 0.5) * width, labels[mark]) for mark in marks])
    return _svg(name, body)


def histogram(values: Sequence[float], *, name: str, words: Words, buckets: int = 40) -> str:
    """How many values fall into each of equally wide buckets; zero is the edge of two, and those
    below it are hollow, so that colour is not the only sign.
    """
    if not values:
        return f'<p class="none">{escape(name)}: nothing to show</p>'
    width = _nice((max(0.0, *values) - min(0.0, *values)) / buckets or 1.0)
    low = math.floor(min(0.0, *values) / width)
    counts = [0] * (math.floor(max(0.0, *values) / width) - low + 1)
    for value in values:
        counts[math.floor(value / width) - low] += 1
    scale = _scale(0.0, float(max(counts)), is_whole=True)
    body = _grid(scale, number)
    shown = (WIDTH - _LEFT - _RIGHT) / len(counts)
    for index, count in enumerate(counts):
        start = (low + index) * width
        text = f"{words(start)} to {words(start + width)}: {count}"
        kind = "up" if start >= 0 else "down"
        body.append(_bar(index, shown, float(count), scale, text, kind=kind))
    every = max(1, round(len(counts) / 8))
    places = [index for index in range(len(counts) + 1) if (low + index) % every == 0]
    body += _axis([(_LEFT + index * shown, words((low + index) * width)) for index in places])
    return _svg(name, body)


Scale = tuple[float, float, float]


def _scale(low: float, high: float, *, is_whole: bool = False) -> Scale:
    """(lowest, highest, step) of round numbers around the values."""
    if low == high:
        low, high = low - 1.0, high + 1.0
    step = _nice((high - low) / _TICKS)
    step = max(step, 1.0) if is_whole else step
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _nice(width: float) -> float:
    """The next round number that is not smaller."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in _STEPS if step * power >= width * (1 - 1e-9))


def _y(value: float, scale: Scale) -> float:
    low, high, _ = scale
    return _TOP + (high - value) / (high - low) * (HEIGHT - _TOP - _BOTTOM)


def _bar(index: int, width: float, value: float, scale: Scale, text: str, *, kind: str) -> str:
    top, zero = _y(value, scale), _y(0.0, scale)
    gap = min(1.0, width / 8)
    return (
        f'<rect class="{kind}" x="{_LEFT + index * width + gap:.1f}" y="{min(top, zero):.1f}"'
        f' width="{width - 2 * gap:.1f}" height="{abs(top - zero):.1f}">'
        f"<title>{escape(text)}</title></rect>"
    )


def _grid(scale: Scale, words: Words) -> list[str]:
    low, high, step = scale
    lines = []
    for tick in range(round((high - low) / step) + 1):
        value = low + tick * step
        value = 0.0 if math.fabs(value) < step / 1e6 else value
        y = _y(value, scale)
        lines.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        lines.append(_label(_LEFT - 6, y + 4, words(value), "end"))
    return lines


def _spread(count: int) -> list[int]:
    """A few of that many places, evenly, the first and the last among them."""
    return sorted({round(n * (count - 1) / _LABELS) for n in range(_LABELS + 1)})


def _axis(marks: Sequence[tuple[float, str]]) -> list[str]:
    """Labels below the chart; those at its edges lean inwards."""
    shown = []
    for x, text in marks:
        at_start, at_end = x < _LEFT + 40, x > WIDTH - _RIGHT - 40
        anchor = "start" if at_start else "end" if at_end else "middle"
        shown.append(_label(x, HEIGHT - 6, text, anchor))
    return shown


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(name: str, body: Sequence[str]) -> str:
    return (
        f'<div class="wide"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(name)}">' + "".join(body) + "</svg></div>"
    )
