"""The tables as one picture: for each work two columns of bars, SVG written by hand, readable on light and on dark."""
from html import escape

WIDTH, LEFT, BAR, LINE, TITLE = 900, 120, 14, 20, 46
COLOURS = {"comanche": "#c2410c", "floor": "#9ca3af"}
OTHERS = "#5b7fa6"


def picture(head, tables):
    """`tables` are (title, columns to show, {server: {column: figure}}); columns are (name, format, caption)."""
    parts, top = [], 40
    for title, columns, rows in tables:
        parts.append(text(12, top + 14, title, "title"))
        for number, column in enumerate(columns):
            parts += bars(12 + number * (WIDTH - 12) // 2, top + 34, column, rows)
        top += TITLE + LINE * len(rows) + 14
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" font-family="system-ui, sans-serif">
<style>
text {{ fill: #1f2937; font-size: 12px }} .title {{ font-size: 15px; font-weight: 600 }} .caption {{ fill: #6b7280 }} .ground {{ fill: #ffffff }}
.comanche {{ font-weight: 600 }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #e5e7eb }} .caption {{ fill: #9ca3af }} .ground {{ fill: #111827 }} }}
</style>
<rect class="ground" width="100%" height="100%"/>
{text(12, 22, head, "caption")}
{chr(10).join(parts)}
</svg>
"""


def bars(left, top, column, rows):
    name, form, caption = column
    longest = max(row[name] for row in rows.values()) or 1
    room = WIDTH // 2 - LEFT - 90
    yield text(left + LEFT, top, caption, "caption")
    for number, (server, row) in enumerate(rows.items()):
        y, length = top + 8 + number * LINE, max(1, room * row[name] / longest)
        yield text(left + LEFT - 8, y + 11, server, "comanche" if server == "comanche" else "", ' text-anchor="end"')
        yield f'<rect x="{left + LEFT}" y="{y}" width="{length:.0f}" height="{BAR}" rx="2" fill="{COLOURS.get(server, OTHERS)}"/>'
        yield text(left + LEFT + length + 6, y + 11, form.format(row[name]))


def text(x, y, words, kind="", more=""):
    return f'<text x="{x:.0f}" y="{y}" class="{kind}"{more}>{escape(words)}</text>'
