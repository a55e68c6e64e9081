"""The picture of the report of shadow mode: for each field, how often people did the same."""

import io

from rules.reports.shadow import ShadowWeek, Verdict

COLORS = {Verdict.SAME: "#2e8b57", Verdict.DIFFERENT: "#c0392b", Verdict.NOT_YET: "#9ca3af"}
MOST_FIELDS = 20


def draw(report: ShadowWeek) -> bytes:
    """The picture as PNG."""
    # Drawing needs 30 MB, and only reports draw: other runs do not carry them.
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415

    fields = [one for one in report.fields if sum(one.counts[each] for each in COLORS)][:MOST_FIELDS][::-1]
    height = 1.5 + 0.35 * max(len(fields), 1)
    canvas = Figure(figsize=(9, height), dpi=90, layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15))
    axes = canvas.subplots()
    left = [0] * len(fields)
    for verdict, color in COLORS.items():
        lengths = [one.counts[verdict] for one in fields]
        bars = axes.barh(range(len(fields)), lengths, left=left, color=color, label=verdict.value)
        axes.bar_label(bars, labels=[str(length) if length else "" for length in lengths], label_type="center")
        left = [have + more for have, more in zip(left, lengths, strict=True)]
    axes.set_yticks(range(len(fields)), [one.field for one in fields])
    axes.set_title("Planned in shadow mode, against now", loc="left", fontsize=11, fontweight="bold", pad=14)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_visible(False)
    if fields:
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)
    else:
        axes.text(0.5, 0.5, "nothing planned", transform=axes.transAxes, ha="center")
    file = io.BytesIO()
    canvas.savefig(file, format="png")
    return file.getvalue()
