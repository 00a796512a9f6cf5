"""Pictures of each surface, for looking at: `make screenshots` writes them to `screenshots/`.

Everything is real but Slack and the model; a browser acts as requester and approver on the stand-in's page.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.shots import asking, deciding, keeping, readme, talking
from tests.shots.studio import FOLDER, Surface, open_studio

SURFACES: tuple[Surface, ...] = (
    *deciding.SURFACES,
    *asking.SURFACES,
    *keeping.SURFACES,
    *talking.SURFACES,
)


async def main(names: Sequence[str]) -> None:
    """Shoot all surfaces, each in a workspace of its own, or those of these names."""
    known = {one.__name__: one for one in (*SURFACES, *readme.SURFACES)}
    for surface in [known[name] for name in names] or SURFACES:
        with TemporaryDirectory() as folder:
            async with open_studio(Path(folder)) as studio:
                await surface(studio)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    asyncio.run(main(sys.argv[1:]))
