"""The picture of the lineage in the README: `python docs/lineage.py http://localhost:3000` beside a running demo."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

GROUPS = ("state", "entra", "emply", "identities", "mailboxes", "reconciliation", "provisioning")
PICTURE = Path(__file__).parent / "images" / "lineage.png"
_MARGIN = 16
_TREE = 520  # pixels at the left, where the groups are listed


def take_picture(url: str) -> None:
    """Write what the UI shows of the groups, and of nothing else. Raises where a group is not shown."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1440, "height": 1200}, device_scale_factor=2)
        page.goto(f"{url}/asset-groups")
        boxes = [_box(page, group) for group in GROUPS]
        left, top = (min(box[name] for box in boxes) - _MARGIN for name in ("x", "y"))
        right = max(box["x"] + box["width"] for box in boxes) + _MARGIN
        bottom = max(box["y"] + box["height"] for box in boxes) + _MARGIN
        clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        page.screenshot(path=str(PICTURE), clip=clip)  # type: ignore[arg-type]
        chromium.close()


def _box(page: Page, group: str) -> dict[str, float]:
    """Where a group is drawn."""
    drawn = page.locator("foreignObject", has_text=group).first
    drawn.wait_for()
    page.wait_for_function("() => document.getAnimations().length === 0")
    box = drawn.bounding_box()
    if box is None or box["x"] < _TREE:
        raise LookupError(f"the group {group} is not in the picture")
    return dict(box)


if __name__ == "__main__":
    take_picture(sys.argv[1])
