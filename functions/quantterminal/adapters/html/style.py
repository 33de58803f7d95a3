"""The one style sheet of printed pages: dark on light, no fonts or images from elsewhere."""

CSS = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 32px 28px 48px; background: #fff;
  color: #16202c; font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header { display: flex; justify-content: space-between; align-items: flex-start; gap: 24px;
  border-bottom: 2px solid #16202c; padding-bottom: 14px; }
h1 { font-size: 24px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 16px; margin: 34px 0 8px; }
p { margin: 6px 0; }
.muted, .note, caption, footer { color: #566373; }
.note, footer { font-size: 12px; }
.mode { border: 2px solid; border-radius: 4px; padding: 4px 12px; font-weight: 700;
  letter-spacing: .08em; white-space: nowrap; }
.mode.SIMULATED { color: #35507a; background: #eef3fb; }
.mode.PAPER { color: #7a5200; background: #fff6e0; }
.mode.LIVE { color: #fff; background: #b3141f; border-color: #b3141f; }
.warning { border-left: 4px solid #b3141f; background: #fdf0f0; padding: 8px 12px; margin: 14px 0; }
.cards { display: grid; grid-template-columns: repeat(6, 1fr); gap: 10px; margin: 20px 0 6px; }
.card { border: 1px solid #d5dce4; border-radius: 6px; padding: 10px 12px; }
.card b { display: block; font-size: 19px; line-height: 1.3; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
.card span { font-size: 12px; color: #566373; }
.gain { color: #0b6b3a; }
.loss { color: #b3141f; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #566373; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; text-align: right; border-bottom: 1px solid #e3e8ee;
  vertical-align: top; }
th { font-size: 12px; font-weight: 600; color: #566373; border-bottom: 1px solid #9aa7b5;
  vertical-align: bottom; }
th.text, td.text { text-align: left; }
tr.total td { font-weight: 600; border-top: 1px solid #9aa7b5; border-bottom: 0; }
.columns { display: grid; grid-template-columns: repeat(3, 1fr); gap: 28px; align-items: start; }
footer { margin-top: 36px; border-top: 1px solid #d5dce4; padding-top: 10px; }
@media screen and (max-width: 760px) { .cards { grid-template-columns: repeat(2, 1fr); }
  .columns { grid-template-columns: 1fr; } .wide { overflow-x: auto; } }
@media print {
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10px; }
  h1 { font-size: 18px; }
  h2 { font-size: 13px; margin-top: 20px; }
  th, td { padding: 3px 4px; }
  th, .note, footer, .card span { font-size: 9px; }
  .card { padding: 6px 8px; }
  .card b { font-size: 13px; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .card, figure, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
}
"""
