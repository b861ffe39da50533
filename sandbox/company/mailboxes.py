"""The made-up company's photos and calendars, of people and of rooms. Who they are is `tenant`."""

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sandbox import moments
from sandbox.company.people import Person
from sandbox.exchange import Row

MOST_EVENTS = 60_000
"""In the whole company: of a very large one most people have none, so that it is made in reasonable time."""
EVENTS_EACH = 4
_WITH_PHOTO, _WITHOUT_MAILBOX = 0.6, 0.025
_SECOND, _NOT_EDITABLE, _SERIES = 0.1, 0.05, 0.05
_PRIVATE, _ALL_DAY = 0.1, 0.1
_DAYS_BACK, _DAYS_AHEAD = 60, 220
_NAMES = {"da-DK": "Kalender", "pl-PL": "Kalendarz", "tr-TR": "Takvim"}
_SUBJECTS = {
    "da-DK": ("Statusmøde", "Frokost med kunden", "Ferie", "Børnefødselsdag", "Kvartalsgennemgang"),
    "pl-PL": ("Spotkanie zespołu", "Szkolenie BHP", "Urlop", "Przegląd projektu", "Rozmowa z klientem"),
    "tr-TR": ("Toplantı", "Müşteri görüşmesi", "İzin", "Eğitim", "Proje değerlendirmesi"),
}
_SHOW_AS = ("busy", "busy", "busy", "tentative", "free", "oof", "workingElsewhere")


def make_photos(rng: Random, people: Sequence[Person]) -> Row:
    """Six in ten of the company's own people have a photo; of a few Graph says that it has no etag."""
    pictures = [_picture(rng) for _ in range(8)]
    photos: Row = {}
    for person in people:
        drawn = rng.random()
        if not person.is_guest and drawn < _WITH_PHOTO:
            none = drawn < 0.01  # noqa: PLR2004 - one in a hundred has the photo of one pixel
            etag = "" if none else f'"{rng.getrandbits(64):016X}"'
            photos[person.id] = {"mediaEtag": etag, "contentBase64": "" if none else rng.choice(pictures)}
    return photos


def _picture(rng: Random) -> str:
    """A small PNG of one colour, in base64."""
    size = 16
    row = b"\0" + bytes(rng.randrange(256) for _ in range(3)) * size

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * size)) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + content).decode()


def make_calendars(rng: Random, people: Sequence[Person], rooms: Sequence[Person], today: date) -> Row:
    """Most people and all rooms have a mailbox; some calendars are not editable."""
    diaries = _Diaries(rng, today, busy=min(1.0, MOST_EVENTS / EVENTS_EACH / max(1, len(people))))
    owners = [person for person in people if not person.is_guest]
    rng.shuffle(owners)
    without = math.ceil(len(owners) * _WITHOUT_MAILBOX)
    calendars: Row = {person.id: diaries.of_person(person) for person in owners[without:]}
    calendars |= {room.id: [diaries.default(room, editable=rng.random() < 0.5)] for room in rooms}  # noqa: PLR2004
    return calendars


class _Diaries:
    """Makes calendars whose events lie around a day."""

    def __init__(self, rng: Random, today: date, busy: float) -> None:
        self._rng, self._busy = rng, busy
        self._midnight = datetime.combine(today, time(), UTC)

    def of_person(self, person: Person) -> list[Row]:
        rng = self._rng
        calendars = [self.default(person, editable=True)]
        if rng.random() < _SECOND:
            calendars.append(self._calendar(person, "Projects", [self._event(person)], editable=True))
        if rng.random() < _NOT_EDITABLE:
            calendars.append(self._calendar(person, "Public holidays", [], editable=False))
        return calendars

    def default(self, owner: Person, *, editable: bool) -> Row:
        rng = self._rng
        events = []
        if rng.random() < self._busy:
            events = [self._event(owner) for _ in range(rng.randrange(EVENTS_EACH + 2))]
            if rng.random() < _SERIES:
                events.append(self._series(owner))
        return self._calendar(owner, _NAMES[owner.office.language], events, editable=editable) | {
            "isDefaultCalendar": True
        }

    def _calendar(self, owner: Person, name: str, events: list[Row], *, editable: bool) -> Row:
        return {
            "id": self._id(), "name": name, "canEdit": editable, "isDefaultCalendar": False,
            "owner": {"name": owner.name, "address": owner.mail}, "events": events,
        }  # fmt: skip

    def _event(self, owner: Person) -> Row:
        rng = self._rng
        day = self._midnight + timedelta(days=rng.randrange(-_DAYS_BACK, _DAYS_AHEAD))
        all_day = rng.random() < _ALL_DAY
        start = day if all_day else day + timedelta(minutes=30 * rng.randrange(14, 34))
        length = timedelta(days=rng.randrange(1, 4)) if all_day else timedelta(minutes=30 * rng.randrange(1, 5))
        return {
            "id": self._id(), "subject": rng.choice(_SUBJECTS[owner.office.language]),
            "start": moments.written(start), "end": moments.written(start + length), "isAllDay": all_day,
            "showAs": rng.choice(_SHOW_AS), "sensitivity": "private" if rng.random() < _PRIVATE else "normal",
            "changeKey": f"{rng.getrandbits(48):012X}", "type": "singleInstance",
        }  # fmt: skip

    def _series(self, owner: Person) -> Row:
        """Once a week, from before the window on."""
        first = self._midnight + timedelta(days=-42, hours=8)
        times = [first + timedelta(weeks=week) for week in range(12)]
        half = timedelta(minutes=30)
        occurrences = [
            {"id": self._id(), "start": moments.written(at), "end": moments.written(at + half)} for at in times
        ]
        own = {"start": occurrences[0]["start"], "end": occurrences[0]["end"], "isAllDay": False}
        recurrence = {"pattern": {"type": "weekly", "interval": 1}}
        return {
            **self._event(owner), **own, "type": "seriesMaster", "recurrence": recurrence, "occurrences": occurrences,
        }  # fmt: skip

    def _id(self) -> str:
        """As Outlook's: long, with letters that an address must not have."""
        return f"AAMkAG{self._rng.getrandbits(96):024x}="
