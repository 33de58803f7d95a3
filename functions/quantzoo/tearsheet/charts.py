"""Charts as inline SVG: lines, bars and a histogram, with their scales in words."""

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 920, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 10, 10, 24
_TICKS = 4


def line_chart(
    values: Sequence[float], *, labels: Sequence[str], name: str, percent: bool = False
) -> str:
    """One line over evenly spaced points; `labels` are those of the points."""
    if len(values) < 2:
        return f'<p class="none">{escape(name)}: needs two points, has {len(values)}</p>'
    low, high = _range(values)
    step = (WIDTH - _LEFT - _RIGHT) / (len(values) - 1)
    points = " ".join(
        f"{_LEFT + index * step:.1f},{_y(value, low, high):.1f}"
        for index, value in enumerate(values)
    )
    body = [
        *_grid(low, high, percent=percent),
        f'<polyline class="line" points="{points}"/>',
        _label(_LEFT, HEIGHT - 6, labels[0], "start"),
        _label(WIDTH - _RIGHT, HEIGHT - 6, labels[-1], "end"),
    ]
    return _svg(name, body)


def bar_chart(values: Sequence[float], *, labels: Sequence[str], name: str) -> str:
    """Bars from zero; below zero they are hatched, so that colour is not the only sign."""
    if not values:
        return f'<p class="none">{escape(name)}: nothing to show</p>'
    low, high = _range([*values, 0.0])
    width = (WIDTH - _LEFT - _RIGHT) / len(values)
    zero = _y(0.0, low, high)
    body = _grid(low, high, percent=False)
    for index, (value, label) in enumerate(zip(values, labels, strict=True)):
        top = _y(value, low, high)
        kind = "up" if value >= 0 else "down"
        x, y, height = _LEFT + index * width, min(top, zero), max(abs(top - zero), 0.5)
        body.append(
            f'<rect class="{kind}" x="{x + 1:.1f}" y="{y:.1f}" width="{max(width - 2, 1):.1f}"'
            f' height="{height:.1f}"><title>{escape(label)}: {value:,.2f}</title></rect>'
        )
    body += [
        _label(_LEFT, HEIGHT - 6, labels[0], "start"),
        _label(WIDTH - _RIGHT, HEIGHT - 6, labels[-1], "end"),
    ]
    return _svg(name, body)


def histogram(values: Sequence[float], *, name: str, buckets: int = 40) -> str:
    """How many values fall into each of equally wide buckets."""
    if not values:
        return f'<p class="none">{escape(name)}: nothing to show</p>'
    low, high = min(values), max(values)
    width = (high - low) / buckets or 1.0
    counts = [0] * buckets
    for value in values:
        counts[min(int((value - low) / width), buckets - 1)] += 1
    labels = [f"{low + n * width:,.2f} to {low + (n + 1) * width:,.2f}" for n in range(buckets)]
    return bar_chart([float(each) for each in counts], labels=labels, name=name)


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low == high:
        return low - 1.0, high + 1.0
    return low, high


def _y(value: float, low: float, high: float) -> float:
    return _TOP + (high - value) / (high - low) * (HEIGHT - _TOP - _BOTTOM)


def _grid(low: float, high: float, *, percent: bool) -> list[str]:
    lines = []
    for tick in range(_TICKS + 1):
        value = low + (high - low) * tick / _TICKS
        y = _y(value, low, high)
        text = f"{value:.2%}" if percent else _short(value)
        lines.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        lines.append(_label(_LEFT - 6, y + 4, text, "end"))
    return lines


def _short(value: float) -> str:
    return f"{value:,.0f}" if math.fabs(value) >= 1000 else f"{value:,.2f}"


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(name: str, body: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}">'
        + "".join(body)
        + "</svg>"
    )
