"""Sessions: how they begin, are renewed, and end."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.access import SESSION_S, Gate, Person, Role
from cti.sessions import GRACE_S, MOST, USED_EVERY_S, Reused, Session, SessionFolder, kind_of

NOW = 2_000_000_000.0
SECRET = bytes(range(32))
ALICE, SUE = Person("alice", Role.AGENT), Person("sue", Role.SUPERVISOR)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(tmp_path: Path, clock: Clock) -> SessionFolder:
    return SessionFolder(tmp_path / "sessions", SECRET, clock)


def renewed(sessions: SessionFolder, token: str) -> Session:
    session = sessions.renew(token)
    assert session is not None
    return session


def test_a_session_is_good_for_its_person_in_that_role_and_for_hours(sessions: SessionFolder, clock: Clock) -> None:
    session = sessions.begin(ALICE, "192.0.2.7", "Firefox, Linux")
    assert sessions.good(session.id, ALICE)
    for id, who in ((session.id, SUE), (session.id, Person("alice", Role.ADMIN)), ("0" * 32, ALICE), ("../x", ALICE)):
        assert not sessions.good(id, who)
    clock.now += SESSION_S - 1
    assert sessions.good(session.id, ALICE)
    token = sessions.token(session)
    clock.now += 1
    assert not sessions.good(session.id, ALICE)
    assert sessions.renew(token) is None
    assert sessions.all() == []


def test_another_process_and_the_next_one_know_it_and_that_it_has_ended(
    sessions: SessionFolder, tmp_path: Path, clock: Clock
) -> None:
    other = SessionFolder(tmp_path / "sessions", SECRET, clock)
    session = sessions.begin(ALICE, "", "")
    assert other.good(session.id, ALICE)
    assert renewed(other, sessions.token(session)).renewals == 1
    assert [one.renewals for one in sessions.all()] == [1]
    assert other.end(session.id)
    assert not sessions.good(session.id, ALICE)
    assert not sessions.end(session.id)


def test_nothing_secret_is_kept_and_all_of_it_only_for_us(sessions: SessionFolder, tmp_path: Path) -> None:
    session = sessions.begin(ALICE, "", "")
    (path,) = (tmp_path / "sessions").iterdir()
    assert sessions.token(session).rpartition(".")[2] not in path.read_text()
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    path.write_text("{")
    assert not sessions.good(session.id, ALICE)


def test_a_disk_that_takes_nothing_keeps_nobody_out(sessions: SessionFolder, tmp_path: Path, clock: Clock) -> None:
    good = sessions.begin(SUE, "", "")
    (tmp_path / "sessions").rename(tmp_path / "away")
    (tmp_path / "sessions").touch()  # nothing can be written below it
    session = sessions.begin(ALICE, "", "")
    assert sessions.good(session.id, ALICE)
    again = sessions.token(renewed(sessions, sessions.token(session)))
    (tmp_path / "sessions").unlink()
    (tmp_path / "away").rename(tmp_path / "sessions")
    assert {one.id for one in sessions.all()} == {good.id, session.id}
    assert renewed(sessions, again).renewals == 2
    assert renewed(SessionFolder(tmp_path / "sessions", SECRET, clock), again).renewals == 2, "it is written now"
    assert sessions.end(session.id)
    assert not sessions.good(session.id, ALICE)


def test_two_tabs_that_renew_at_once_go_on_and_a_thief_ends_it_for_all(sessions: SessionFolder, clock: Clock) -> None:
    first = sessions.token(sessions.begin(ALICE, "", ""))
    one = sessions.token(renewed(sessions, first))
    clock.now += GRACE_S
    assert sessions.token(renewed(sessions, first)) == one  # what the first tab got, and no other
    clock.now += 1
    with pytest.raises(Reused):
        sessions.renew(first)
    assert sessions.renew(one) is None
    assert sessions.all() == []


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.0, 1.0, GRACE_S, 600.0])), max_size=12))
def test_an_old_refresh_token_never_opens_anything(steps: list[tuple[int, float]]) -> None:
    """Whoever shows which of all tokens there were, and when: the last goes on, and no other after its time."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        sessions = SessionFolder(Path(folder), SECRET, clock)
        tokens, at = [sessions.token(sessions.begin(ALICE, "", ""))], NOW
        for back, wait in steps:
            clock.now += wait
            shown = tokens[max(0, len(tokens) - 1 - back)]
            if shown == tokens[-1]:
                tokens.append(sessions.token(renewed(sessions, shown)))
                at = clock.now
            elif shown == tokens[-2] and clock.now - at <= GRACE_S:
                assert sessions.token(renewed(sessions, shown)) == tokens[-1]
            else:
                with pytest.raises(Reused):
                    sessions.renew(shown)
                assert sessions.all() == []
                return


@given(st.text(max_size=80))
def test_what_is_no_refresh_token_ends_nothing(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sessions = SessionFolder(Path(folder), SECRET)
        session = sessions.begin(ALICE, "", "")
        id, number, signature = sessions.token(session).split(".")
        for forged in (text, f"{id}.{text}", f"{id}.{number}.{text}", f"{id}.1.{signature}", f"{text}.0.{signature}"):
            assert sessions.renew(forged) is None
        assert sessions.good(session.id, ALICE)


def test_a_person_has_so_many_and_ends_them(sessions: SessionFolder, clock: Clock) -> None:
    for _ in range(MOST + 3):
        clock.now += 1
        sessions.begin(ALICE, "", "")
    mine = [one for one in sessions.all() if one.name == "alice"]
    assert [one.begun_at - NOW for one in mine] == [float(at) for at in range(4, MOST + 4)]
    clock.now += 1
    sues = sessions.begin(SUE, "", "")
    assert not sessions.end(sues.id, "alice")
    assert sessions.end_all("alice", but=mine[5].id) == MOST - 1
    assert [one.id for one in sessions.all()] == [mine[5].id, sues.id]


def test_when_it_was_last_used_is_known_to_the_minute(sessions: SessionFolder, clock: Clock) -> None:
    session = sessions.begin(ALICE, "", "")
    for wait in (USED_EVERY_S - 1, 1.0):
        clock.now += wait
        sessions.good(session.id, ALICE)
    assert [one.used_at - NOW for one in sessions.all()] == [USED_EVERY_S]


def test_who_is_gone_or_changed_in_role_is_out(sessions: SessionFolder) -> None:
    bob = Person("bob", Role.AGENT)
    gate = Gate(SECRET, {"alice": ALICE, "sue": SUE, "bob": bob}, sessions=sessions)
    tokens = [gate.token(who, session=sessions.begin(who, "", "").id) for who in (ALICE, SUE, bob)]
    assert [gate.person(token) for token in tokens] == [ALICE, SUE, bob]
    gate.keep_out({"alice": Person("alice", Role.SUPERVISOR), "bob": Person("bob", Role.AGENT, "PJSIP/9")})
    assert [gate.person(token) for token in tokens] == [None, None, bob]
    assert [gate.named(name) for name in ("alice", "sue", "bob")] == [None, None, bob]
    gate.keep_out({"alice": ALICE, "sue": SUE, "bob": bob})
    assert [gate.person(token) for token in tokens] == [None, None, bob], "they are back, their sessions are not"
    assert gate.named("alice") == ALICE


def test_a_new_password_ends_the_sessions_of_the_one_before(sessions: SessionFolder) -> None:
    before, after = (Person("alice", Role.AGENT, "PJSIP/1", password_mark=mark) for mark in ("a1", "b2"))
    gate = Gate(SECRET, {"alice": before, "sue": SUE}, sessions=sessions)
    tokens = [gate.token(who, session=sessions.begin(who, "", "").id) for who in (before, SUE)]
    gate.keep_out({"alice": after, "sue": SUE})
    assert [gate.person(token) for token in tokens] == [None, SUE]
    assert [one.name for one in sessions.all()] == ["sue"]
    known = gate.named("alice")
    assert known == after
    assert gate.person(gate.token(after, session=sessions.begin(after, "", "").id)) == after
    assert sessions.keep_only({"alice": before, "sue": SUE}) == 1, "as after a restart with the password of a backup"


def test_without_a_session_a_token_is_good_for_nothing(sessions: SessionFolder) -> None:
    gate = Gate(SECRET, {"alice": ALICE}, sessions=sessions)
    session = sessions.begin(ALICE, "", "")
    assert gate.person(gate.token(ALICE)) is None
    over = gate.token(ALICE, now=1000.0, session=session.id)
    assert (gate.person(over), gate.person(over, over=True)) == (None, ALICE)
    sessions.end(session.id)
    assert gate.person(over, over=True) is None


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36 Edg/150.0", "Edge, Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1 Version/19 Safari/605.1", "Safari, macOS"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_the_kind_of_browser(said: str, kind: str) -> None:
    assert kind_of(said) == kind
