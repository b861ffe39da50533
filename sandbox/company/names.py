"""Names, offices and addresses of the made-up company. Who works there is `tenant`."""

import unicodedata
from dataclasses import dataclass
from random import Random

TENANT = "contoso.onmicrosoft.com"


@dataclass(frozen=True)
class Office:
    """A place of work, which decides names, domain and defaults of its people. `weight`: its share of them."""

    city: str
    weight: int
    domain: str
    country: str
    language: str
    time_zone: str
    currency: str
    prefix: str
    first: tuple[str, ...]
    last: tuple[str, ...]


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_DANISH_FIRST = _names(
    "Anne Søren Mette Lars Kirsten Jørgen Åse Bjørn Mads Freja Emil Ida Rasmus Sofie Malthe Signe Øyvind Laura "
    "Asger Dorthe Nikolaj Maja Jeppe Karoline Troels Liv Gudrun Aksel Birgitte Frederik Line Thyge Ellen Villads"
)
_DANISH_LAST = _names(
    "Jensen Nielsen Hansen Pedersen Andersen Sørensen Rasmussen Jørgensen Kjærgård Møller Østergaard Nørgaard "
    "Ågård Thomsen Poulsen Bæk Dahl Kofoed Lund Holm Vestergaard Brøndum Skov Friis Mørch Bjerregaard Winther Toft"
)
_POLISH_FIRST = _names(
    "Łukasz Agnieszka Paweł Małgorzata Michał Katarzyna Stanisław Zofia Grażyna Jędrzej Elżbieta Wojciech Żaneta "
    "Bożena Rafał Ewa Tomasz Joanna Kamil Aleksandra Krzysztof Świętosława Marcin Hanna"
)
_POLISH_LAST = _names(
    "Nowak Kowalski Wiśniewska Wójcik Kamiński Lewandowska Zieliński Szymańska Woźniak Dąbrowski Kozłowska "
    "Jabłoński Krawczyk Piątek Grabowska Pawłowski Żak Sikorska Ostrowski Błaszczyk Gąsior Śliwa"
)
_TURKISH_FIRST = _names(
    "İpek Işıl Mehmet Ayşe Çağlar Gökçe Özgür Şule İbrahim Zeynep Ümit Emine Yiğit Elif Kadir Tuğba Oğuz Selin "
    "Barış Defne Hüseyin Ilgın"
)
_TURKISH_LAST = _names(
    "Yılmaz Kaya Demir Çelik Şahin Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Güneş Işık Tekin Ünal "
    "Bozkurt Karataş İnce Gür"
)

OFFICES = (
    Office("Copenhagen", 45, "contoso.com", "DK", "da-DK", "Europe/Copenhagen", "DKK", "+45", _DANISH_FIRST,
           _DANISH_LAST),
    Office("Aarhus", 20, "contoso.dk", "DK", "da-DK", "Europe/Copenhagen", "DKK", "+45", _DANISH_FIRST, _DANISH_LAST),
    Office("Warsaw", 20, "contoso.pl", "PL", "pl-PL", "Europe/Warsaw", "PLN", "+48", _POLISH_FIRST, _POLISH_LAST),
    Office("Istanbul", 15, "contoso.com", "TR", "tr-TR", "Europe/Istanbul", "TRY", "+90", _TURKISH_FIRST,
           _TURKISH_LAST),
)  # fmt: skip
PARTNERS = ("fabrikam.com", "northwind.dk", "tailspin.pl")

_LATIN = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ł": "l", "ı": "i", "đ": "d", "ß": "ss"})


def plain(name: str) -> str:
    """A name as it stands in addresses: small letters a to z only."""
    decomposed = unicodedata.normalize("NFKD", name.replace("İ", "i").lower().translate(_LATIN))
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())


class Addresses:
    """Local parts that nobody has yet: the second Anne Jensen is anne.jensen2, all over the company."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def take(self, first: str, last: str) -> str:
        """The next free local part for a name."""
        local = f"{plain(first)}.{plain(last)}"
        number = self._taken[local] = self._taken.get(local, 0) + 1
        return local if number == 1 else f"{local}{number}"


def guid(rng: Random) -> str:
    """An id that is the same for the same seed."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def phone(rng: Random, prefix: str) -> str:
    """A mobile number."""
    digits = f"{rng.randrange(10**8):08d}"
    return f"{prefix} {digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:]}"
