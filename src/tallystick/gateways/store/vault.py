"""The vault: personal data, encrypted at rest, each person under a key of his own.

Erasing a person destroys his key and his data. The vault's own key lies in the keystore, apart from
the data.
"""

from __future__ import annotations

import hmac
import os
import secrets
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tallystick.core.errors import Conflict, NotFound, Unavailable
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.store.schema import EVIDENCE, PERSON, PRIVATE, WALLET_KEY, WITHHELD
from tallystick.securities.onboarding.registrations import Registration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

NUMBER_BITS = 48
NONCE_BYTES = 12


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who an investor is; nothing of this is ever on a chain.

    `registration` says in whose name units stand and who is behind it, where he applied himself.
    """

    name: str
    kind: str
    email: str = ""
    reference: str = ""
    registration: Registration | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of everybody behind him, his own among them."""
        if self.registration is None:
            return (self.name,)
        return (self.registration.name, *(party.name for party in self.registration.parties))


class Vault:
    """Persons by investor number, and keys kept for investors by wallet."""

    def __init__(self, engine: sa.Engine, key: Callable[[], bytes]) -> None:
        self._engine = engine
        self._key = key

    def pseudonym(self, text: str) -> str:
        """A name for something personal that only the holder of the vault's key can find again."""
        return hmac.new(self._key(), text.encode(), "sha256").hexdigest()

    @staticmethod
    def new_numbers_within(connection: sa.Connection, count: int) -> list[int]:
        """Random investor numbers that nobody bears."""
        taken = set(connection.execute(sa.select(PERSON.c.number)).scalars())
        numbers: list[int] = []
        while len(numbers) < count:
            number = secrets.randbelow(2**NUMBER_BITS - 1) + 1
            if number not in taken:
                taken.add(number)
                numbers.append(number)
        return numbers

    def homes(self) -> set[Wallet]:
        """Home wallets of all persons, those erased too."""
        with self._engine.connect() as connection:
            return set(map(Wallet, connection.execute(sa.select(PERSON.c.home)).scalars()))

    def add_within(
        self, connection: sa.Connection, people: Sequence[tuple[int, Wallet, Person]]
    ) -> None:
        """Keep persons under their numbers and home wallets, within a transaction of the store.

        Raises `Conflict` if one of the wallets is somebody's already.
        """
        rows = [
            {"number": number, "home": home, **self._sealed(number, home, person)}
            for number, home, person in people
        ]
        try:
            if rows:
                connection.execute(PERSON.insert(), rows)
        except sa.exc.IntegrityError as error:
            raise Conflict(
                "person-exists",
                "A person has been kept for this wallet",
                cure="Give another wallet, or leave the person out.",
            ) from error

    def _sealed(self, number: int, home: Wallet, person: Person) -> dict[str, bytes]:
        data_key = AESGCM.generate_key(256)
        return {
            "data_key": _seal(self._key(), data_key, home),
            "sealed": _seal(data_key, msgspec.json.encode(person), home, number),
        }

    def people(self) -> dict[Wallet, Person]:
        """All persons by home wallet; those erased are left out."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(PERSON).where(PERSON.c.sealed.is_not(None)))
            return {Wallet(row.home): self._opened(row) for row in rows}

    def _opened(self, row: sa.Row[Any]) -> Person:
        data_key = _open(self._key(), row.data_key, row.home)
        return msgspec.json.decode(_open(data_key, row.sealed, row.home, row.number), type=Person)

    def home_of(self, reference: str, *, where: str = "") -> Wallet:
        """Home wallet of the person with a reference of the issuer's, or with that name."""
        people = self.people()
        matches = [home for home, person in people.items() if person.reference == reference]
        matches = matches or [home for home, person in people.items() if person.name == reference]
        if len(matches) != 1:
            problem = "More than one investor goes" if matches else "No investor goes"
            raise NotFound(
                "person-unknown",
                f"{problem} by that name or reference",
                where=where,
                cure="Name a wallet, or look it up with `holders list`.",
            )
        return matches[0]

    @staticmethod
    def erase_within(connection: sa.Connection, home: Wallet, *, at_s: int) -> None:
        """Destroy what is kept of a person; his number and wallet remain. `wipe` afterwards."""
        connection.execute(sa.text("PRAGMA secure_delete = ON"))
        connection.execute(EVIDENCE.delete().where(EVIDENCE.c.home == home))
        connection.execute(PRIVATE.delete().where(PRIVATE.c.home == home))
        # What commits to it stays: others prove with it what they are owed.
        connection.execute(WITHHELD.update().where(WITHHELD.c.home == home).values(sealed=None))
        result = connection.execute(
            PERSON.update()
            .where(PERSON.c.home == home, PERSON.c.sealed.is_not(None))
            .values(data_key=None, sealed=None, erased_at_s=at_s)
        )
        if result.rowcount == 0:
            raise _unknown()

    def keep_evidence_within(
        self, connection: sa.Connection, home: Wallet, key: str, evidence: bytes
    ) -> None:
        """Keep what is known of a document about a person; it goes when he is erased."""
        sealed = _seal(self._data_key(connection, home), evidence, home, key)
        connection.execute(EVIDENCE.insert().values(key=key, home=home, sealed=sealed))

    def evidence_of(self, home: Wallet) -> dict[str, bytes]:
        """What is kept of documents about a person, by key; nothing if he was erased."""
        query = sa.select(EVIDENCE).where(EVIDENCE.c.home == home)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            if not rows:
                return {}
            data_key = self._data_key(connection, home)
            return {row.key: _open(data_key, row.sealed, home, row.key) for row in rows}

    def keep_private_within(
        self, connection: sa.Connection, home: Wallet, kind: str, key: str, data: bytes
    ) -> None:
        """Keep something about a person under his own key; it goes when he is erased."""
        sealed = _seal(self._data_key(connection, home), data, home, kind, key)
        connection.execute(PRIVATE.insert().values(key=key, home=home, kind=kind, sealed=sealed))

    def private(self, kind: str) -> Iterator[tuple[Wallet, str, bytes]]:
        """What is kept of a kind: home wallet, key, data; in the order in which it was kept."""
        query = sa.select(PRIVATE).where(PRIVATE.c.kind == kind).order_by(PRIVATE.c.place)
        with self._engine.connect() as connection:
            keys: dict[Wallet, bytes] = {}
            for row in connection.execute(query).all():
                home = Wallet(row.home)
                if home not in keys:
                    keys[home] = self._data_key(connection, home)
                yield home, row.key, _open(keys[home], row.sealed, home, kind, row.key)

    def keep_text_within(self, connection: sa.Connection, kind: str, key: str, text: bytes) -> None:
        """Keep a text of the issuer's own, under the vault's key."""
        sealed = _seal(self._key(), text, NOBODY, kind, key)
        connection.execute(PRIVATE.insert().values(key=key, home=NOBODY, kind=kind, sealed=sealed))

    def text(self, key: str) -> bytes:
        """A text of the issuer's own. Raises `NotFound` if there is none under that key."""
        query = sa.select(PRIVATE).where(PRIVATE.c.key == key, PRIVATE.c.home == NOBODY)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound("text-missing", f"No text is kept under {key!r}",
                           cure="Restore the data directory from a backup.")  # fmt: skip
        return _open(self._key(), row.sealed, NOBODY, row.kind, key)

    def keep_withheld_within(
        self, connection: sa.Connection, distribution: int,
        lines: Sequence[tuple[Wallet, bytes, bytes]],
    ) -> None:  # fmt: skip
        """Keep of each place of a distribution: home wallet, commitment, and what it commits to."""
        homes = {home for home, _, _ in lines}
        query = sa.select(PERSON.c.home, PERSON.c.data_key).where(PERSON.c.data_key.is_not(None))
        keys = {
            Wallet(row.home): _open(self._key(), row.data_key, row.home)
            for row in connection.execute(query)
            if row.home in homes
        }
        # Who is not kept, or was erased, has nothing that could be sealed under his key.
        rows = [
            {"distribution": distribution, "place": place, "home": home, "commitment": commitment,
             "sealed": _seal(keys.get(home, self._key()), data, distribution, place, home)}
            for place, (home, commitment, data) in enumerate(lines)
        ]  # fmt: skip
        connection.execute(WITHHELD.insert(), rows)

    def withheld(self, distribution: int) -> list[tuple[Wallet, bytes, bytes | None]]:
        """Of each place of a distribution: home wallet, commitment, and what it commits to.

        That is None for who was erased.
        """
        query = (
            sa.select(WITHHELD, PERSON.c.data_key)
            .join_from(WITHHELD, PERSON, WITHHELD.c.home == PERSON.c.home, isouter=True)
            .where(WITHHELD.c.distribution == distribution)
            .order_by(WITHHELD.c.place)
        )
        keys: dict[bytes | None, bytes] = {None: self._key()}
        found: list[tuple[Wallet, bytes, bytes | None]] = []
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                if row.data_key not in keys:
                    keys[row.data_key] = _open(self._key(), row.data_key, row.home)
                data = None
                if row.sealed is not None:
                    about = (distribution, row.place, row.home)
                    data = _open(keys[row.data_key], row.sealed, *about)
                found.append((Wallet(row.home), row.commitment, data))
        return found

    def number_of(self, home: Wallet) -> int:
        """The number of a person. Raises `NotFound` if none is kept for that wallet."""
        with self._engine.connect() as connection:
            query = sa.select(PERSON.c.number).where(PERSON.c.home == home)
            number = connection.execute(query).scalar_one_or_none()
        if number is None:
            raise _unknown()
        return int(number)

    def _data_key(self, connection: sa.Connection, home: Wallet) -> bytes:
        query = sa.select(PERSON.c.data_key).where(PERSON.c.home == home)
        sealed = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            raise _unknown()
        return _open(self._key(), sealed, home)

    def wipe(self) -> None:
        """Have what was erased leave the write-ahead log of the store too."""
        with self._engine.connect() as connection:
            connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def keep_keys_within(
        self, connection: sa.Connection, keys: Iterable[tuple[Wallet, bytes]]
    ) -> None:
        """Keep private keys for investors who let the platform sign for them."""
        rows = [
            {"wallet": wallet, "sealed": _seal(self._key(), key, wallet)} for wallet, key in keys
        ]
        if rows:
            connection.execute(WALLET_KEY.insert(), rows)

    def key_of(self, wallet: Wallet) -> bytes:
        """The private key kept for a wallet."""
        query = sa.select(WALLET_KEY.c.sealed).where(WALLET_KEY.c.wallet == wallet)
        with self._engine.connect() as connection:
            sealed = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            raise NotFound(
                "key-not-kept",
                "The platform keeps no key for this wallet; its owner signs himself",
                cure="Have its owner sign.",
            )
        return _open(self._key(), sealed, wallet)

    def wallets_with_keys(self) -> list[Wallet]:
        """Wallets of investors whose keys are kept."""
        query = sa.select(WALLET_KEY.c.wallet).order_by(WALLET_KEY.c.wallet)
        with self._engine.connect() as connection:
            return [Wallet(each) for each in connection.execute(query).scalars()]

    def kinds(self) -> set[str]:
        """Kinds of what is kept of people, and of the issuer's own texts."""
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(PRIVATE.c.kind)).scalars())


def _unknown() -> NotFound:
    return NotFound("person-unknown", "Nobody is kept for this wallet",
                    cure="Look him up with `holders list`.")  # fmt: skip


def _seal(key: bytes, data: bytes, *about: object) -> bytes:
    """Seal data together with what its row says it is about, so that it opens in no other row."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, _about(about))


def _about(about: Sequence[object]) -> bytes:
    return "|".join(map(str, about)).encode()


def _open(key: bytes, sealed: bytes, *about: object) -> bytes:
    """What was sealed. Stores of before 0.5 were sealed without what the row is about."""
    nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, text, _about(about))
    except (InvalidTag, ValueError):
        pass
    try:
        return AESGCM(key).decrypt(nonce, text, None)
    except (InvalidTag, ValueError):
        raise Unavailable(
            "vault-sealed",
            "Personal data cannot be opened: the key is another one, or the data was altered",
            cure="Use the key this vault was made with, or restore a backup.",
        ) from None
