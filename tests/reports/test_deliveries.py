"""Who received, who has read: messages with a link and nothing else, one reminder, corrections to the same people."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, secrets
from core.db import Database, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Invalid, Refused
from core.settings import BadSettings, Settings
from reports import deliveries, issuing, mailing, post, recipients
from reports.announcing import Occasion
from reports.bulletins import Bulletin, BulletinKind
from reports.deliveries import BulletinDelivery, DeliveryState, Way
from telephony import line, outbox
from tests.factories import a_staff
from tests.reports.issues import CUT, a_city_at_work, a_draft, approved
from tests.reports.mail_server import Post, a_certificate, a_mail_server
from tests.telephony.conftest import (  # noqa: F401
    House,
    _clean_ears,
    house,
    pickups,
    settings,
    weather,
)
from tests.web.conftest import some_settings

MAYOR, SECRETARY = "mayor@example.org", "secretary@example.org"
MOBILE = "13800001234"
D = DeliveryState


@pytest.fixture
def at_the_post(tmp_path: Path) -> Iterator[Post]:
    """A mail server that the house uses."""
    with a_mail_server(Post()) as found:
        use(tmp_path, found)
        yield found
    post.use(some_settings(tmp_path))


def use(where: Path, server: Post, **changes: object) -> None:
    """Let the house use a mail server."""
    post.use(
        some_settings(
            where, public_base_url="https://opinion.example", smtp_host="127.0.0.1", smtp_port=server.port,
            smtp_security="none", mail_from="centre@opinion.example", **changes,
        )
    )  # fmt: skip


@pytest.fixture
def people(sqlite: Database) -> tuple[Staff, Staff]:
    """An editor, and a leader on the list beside somebody outside."""
    with transaction() as session:
        a_city_at_work(session)
        editor, leader = a_staff(session, Role.EDITOR), a_staff(session, Role.LEADER)
        put_on(session, editor, staff=leader, mail=MAYOR)
        put_on(session, editor, name="市委值班室", number=MOBILE, mail=SECRETARY)
    return editor, leader


def put_on(session: Session, by: Staff, **facts: object) -> recipients.BulletinRecipient:
    """Put somebody on the list."""
    given = {"staff": None, "name": "", "number": "", "mail": "", "kinds": [BulletinKind.WEEKLY], **facts}
    return recipients.add(session, **given, by=by, at=CUT)  # type: ignore[arg-type]


def issued(session: Session, editor: Staff, draft: Bulletin | None = None, *, at: datetime = CUT) -> Bulletin:
    """Issue the week's bulletin."""
    made = draft or a_draft(session, at=at)
    issuing.submit(session, made, by=editor, at=at)
    approved(session, made, at=at)
    issuing.issue(session, made, by=editor, at=at)
    return made


def stands(session: Session, occasion: Occasion) -> list[tuple[Way, DeliveryState, str | None]]:
    """Return how far the messages of an occasion came."""
    query = sa.select(BulletinDelivery).where(BulletinDelivery.occasion == occasion)
    found = session.scalars(query.order_by(BulletinDelivery.id)).unique()
    return [(d.way, d.stands, d.error) for d in found]


def test_a_mail_holds_the_issue_and_where_it_is_read(people: tuple[Staff, Staff], at_the_post: Post) -> None:
    with transaction() as session:
        made = issued(session, people[0])
        number = made.id
        figures = [f for f in made.content.figures() if f.estimate is not None]
        assert figures
    with clock.frozen(CUT):
        assert mailing.send_due() == 2
        assert mailing.send_due() == 0
    assert sorted(to for to, _ in at_the_post.mails) == [MAYOR, SECRETARY]
    for _, mail in at_the_post.mails:
        text = mail.get_content()
        assert f"https://opinion.example/bulletins/{number}" in text
        assert "社情民意调查周报 2026 年第 47 期" in text
        assert "%" not in text
        assert people[1].name not in text
        assert all(f"{100 * (f.estimate or 0):.1f}" not in text for f in figures)
        assert mail["From"] == "centre@opinion.example"
    assert len({mail["Message-ID"] for _, mail in at_the_post.mails}) == 2
    with transaction() as session:
        assert stands(session, Occasion.ISSUED) == [
            (Way.MAIL, D.SENT, None),
            (Way.TEXT, D.BY_HAND, "line-sends-no-texts"),
            (Way.MAIL, D.SENT, None),
        ]


def test_numbers_and_addresses_are_sealed_and_go_with_the_entry(people: tuple[Staff, Staff]) -> None:
    with transaction() as session:
        rows = session.execute(sa.text("SELECT name, number, mail FROM bulletin_recipient")).all()
        raw = b"".join(bytes(cell) for row in rows for cell in row if cell)
        assert MOBILE.encode() not in raw
        assert b"example" not in raw
        assert "值班室".encode() not in raw
        outside = recipients.recipients(session)[1]
        assert (outside.shown_number, outside.shown_mail) == ("138 **** 1234", "s***@example.org")
        recipients.end(session, outside, by=people[0], at=CUT)
        assert (outside.number, outside.mail, outside.called) == (None, None, "市委值班室")
        with pytest.raises(Refused):
            recipients.end(session, outside, by=people[0], at=CUT)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "甲"}, "number"),
        ({"mail": MAYOR}, "name"),
        ({"name": "甲", "number": "123"}, "number"),
        ({"name": "甲", "number": "01065000000"}, "number"),
        ({"name": "甲", "mail": "a@b"}, "mail"),
        ({"name": "甲", "mail": "a@b.cn\nBcc: x@y.cn"}, "mail"),
        ({"name": "甲", "mail": MAYOR, "kinds": []}, "kinds"),
        ({"name": "甲", "mail": MAYOR, "remind_after": 900}, "remind_after"),
    ],
)
def test_an_entry_says_what_it_lacks(
    people: tuple[Staff, Staff], facts: dict[str, object], field: str
) -> None:
    with transaction() as session, pytest.raises(Invalid) as refused:
        put_on(session, people[0], **facts)
    assert field in refused.value.fields


def test_nobody_is_on_the_list_twice_or_without_the_right_to_read(people: tuple[Staff, Staff]) -> None:
    with transaction() as session:
        with pytest.raises(Refused):
            put_on(session, people[0], staff=people[1])
        with pytest.raises(Invalid) as refused:
            put_on(session, people[0], staff=a_staff(session, Role.HANDLER))
        assert "staff" in refused.value.fields
        assert people[1].id not in [p.id for p in recipients.choosable(session)]


def test_without_a_mail_server_the_editor_is_told_whom_to_tell(
    people: tuple[Staff, Staff], tmp_path: Path
) -> None:
    post.use(some_settings(tmp_path))
    with transaction() as session:
        issued(session, people[0])
        assert {(s, e) for _, s, e in stands(session, Occasion.ISSUED)} == {
            (D.BY_HAND, "no-mail-server"),
            (D.BY_HAND, "line-sends-no-texts"),
        }
    assert mailing.send_due() == 0


def test_a_server_that_is_away_is_tried_again_and_a_refused_address_is_not(
    people: tuple[Staff, Staff], at_the_post: Post
) -> None:
    at_the_post.refuses[SECRETARY] = 550
    with transaction() as session:
        issued(session, people[0])
    at_the_post.hangs_up = True
    with clock.frozen(CUT):
        assert mailing.send_due() == 0
        assert mailing.send_due() == 0  # neither is due again yet
    at_the_post.hangs_up = False
    with clock.frozen(CUT + mailing.FIRST_PAUSE):
        assert mailing.send_due() == 1
    with transaction() as session:
        assert [row for row in stands(session, Occasion.ISSUED) if row[0] is Way.MAIL] == [
            (Way.MAIL, D.SENT, None),
            (Way.MAIL, D.FAILED, "smtp-550"),
        ]
        failed = (
            session.scalars(sa.select(BulletinDelivery).where(BulletinDelivery.state == D.FAILED))
            .unique()
            .one()
        )
        deliveries.again(session, failed, by=people[0], at=CUT + timedelta(hours=1))
        sent = (
            session.scalars(sa.select(BulletinDelivery).where(BulletinDelivery.state == D.SENT))
            .unique()
            .one()
        )
        with pytest.raises(Refused):
            deliveries.again(session, sent, by=people[0], at=CUT)
    at_the_post.refuses.clear()
    with clock.frozen(CUT + timedelta(hours=1)):
        assert mailing.send_due() == 1


def test_a_server_away_for_good_is_given_up(people: tuple[Staff, Staff], at_the_post: Post) -> None:
    at_the_post.hangs_up = True
    with transaction() as session:
        issued(session, people[0])
    for hours in range(mailing.MOST_TRIES):
        with clock.frozen(CUT + timedelta(hours=5 * hours)):
            mailing.send_due()
    with transaction() as session:
        assert {row[1:] for row in stands(session, Occasion.ISSUED) if row[0] is Way.MAIL} == {
            (D.FAILED, "server-away")
        }
    assert at_the_post.mails == []


def test_mail_goes_sealed_with_a_password_and_not_to_a_stranger(
    people: tuple[Staff, Staff], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Post(certificate=a_certificate(tmp_path), login=("centre", "a long secret"))
    with a_mail_server(own) as server:
        settings = some_settings(
            tmp_path, smtp_host="127.0.0.1", smtp_port=server.port, smtp_user="centre",
            smtp_password="a long secret", mail_from="centre@opinion.example",
        )  # fmt: skip
        post.use(settings)
        mail_server = post.server()
        assert mail_server is not None
        with pytest.raises(post.Undeliverable, match="certificate-not-trusted"):
            mail_server.send(MAYOR, "题", "文", key="k", at=CUT)
        monkeypatch.setenv("SSL_CERT_FILE", str(own.certificate))
        mail_server.send(MAYOR, "题", "文", key="k", at=CUT)
        assert own.was_sealed == [True]
        own.login = ("centre", "another")
        with pytest.raises(post.Undeliverable, match="sign-in-refused") as refused:
            mail_server.send(MAYOR, "题", "文", key="k", at=CUT)
        assert not refused.value.is_final, "the administrator mends it, and the mails still go out"
        odd = replace(mail_server, password="密码", sender="民意中心 <centre@opinion.example>")
        with pytest.raises(post.Undeliverable, match="settings-not-usable"):
            odd.send(MAYOR, "题", "文", key="k", at=CUT)
        own.login = ("centre", "a long secret")
        replace(odd, password="a long secret").send(MAYOR, "题", "文", key="k", at=CUT)
        assert own.mails[-1][1]["Message-ID"] == "<k@opinion.example>"
        assert "a long secret" not in repr(mail_server)
    post.use(some_settings(tmp_path))


def test_whoever_has_not_read_is_reminded_once_in_the_daytime(
    people: tuple[Staff, Staff], at_the_post: Post
) -> None:
    editor, leader = people
    with transaction() as session:
        made = issued(session, editor)
        assert deliveries.remind(session, CUT + timedelta(hours=23)) == 0
        night = clock.midnight(clock.local(CUT).date() + timedelta(days=2)) + timedelta(hours=3)
        assert deliveries.remind(session, night) == 0
        assert deliveries.remind(session, night + timedelta(hours=17, minutes=1)) == 0, "20:01 is evening"
        morning = night + timedelta(hours=6)
        assert deliveries.remind(session, morning) == 1
        assert deliveries.remind(session, morning + timedelta(hours=1)) == 0
        assert stands(session, Occasion.REMINDER) == [(Way.MAIL, D.WAITING, None)]
        issuing.read(session, made, by=leader, at=morning)
    with clock.frozen(morning):
        assert mailing.send_due() == 3
    assert sum("待您阅读" in mail.get_content() for _, mail in at_the_post.mails) == 1


def test_whoever_has_read_is_not_reminded(people: tuple[Staff, Staff], at_the_post: Post) -> None:
    with transaction() as session:
        made = issued(session, people[0])
        issuing.read(session, made, by=people[1], at=CUT)
        assert deliveries.remind(session, CUT + timedelta(hours=25)) == 0


def test_corrections_and_withdrawals_go_to_the_same_people(
    people: tuple[Staff, Staff], at_the_post: Post
) -> None:
    editor = people[0]
    later = CUT + timedelta(hours=2)
    with transaction() as session:
        first = issued(session, editor)
        only_daily = put_on(
            session, editor, name="只收日报", mail="d@example.org", kinds=[BulletinKind.DAILY]
        )
        leader_entry = recipients.recipients(session)[0]
        leader_entry.kinds = [BulletinKind.DAILY.value]  # no longer gets weeklies, but was told of this one
        made = issuing.correct(session, first, "补入晚到的事项", by=editor, at=later)
        second = issued(session, editor, made, at=later)
        assert len(stands(session, Occasion.CORRECTED)) == 3
        issuing.withdraw(session, second, "口径有误", by=editor, at=later)
        assert len(stands(session, Occasion.WITHDRAWN)) == 3
        told = {d.recipient_id for d in deliveries.deliveries(session, second)}
        assert only_daily.id not in told
        assert deliveries.remind(session, later + timedelta(hours=30)) == 0
    with clock.frozen(later):
        mailing.send_due()
    withdrawn = [m.get_content() for _, m in at_the_post.mails if "撤回" in m.get_content()]
    assert len(withdrawn) == 2
    assert all("口径有误" not in text for text in withdrawn)


def test_a_text_goes_through_the_line_with_a_link_alone(
    people: tuple[Staff, Staff], house: House, tmp_path: Path
) -> None:
    post.use(some_settings(tmp_path, public_base_url="https://opinion.example"))
    with transaction() as session:
        made = issued(session, people[0])
        number = made.id
        assert (Way.TEXT, D.WAITING, None) in stands(session, Occasion.ISSUED)
    assert line.line().capabilities().texts
    assert outbox.send_due() == 1
    sent = list(house.carrier.messages.all.values())
    assert [m.to for m in sent] == ["+86" + MOBILE]
    assert sent[0].body == (
        f"【民意中心】社情民意调查周报 2026 年第 47 期已签发，请登录阅读：https://opinion.example/bulletins/{number}"
    )
    house.timeline.run_for(120)
    with transaction() as session:
        assert (Way.TEXT, D.SENT, None) in stands(session, Occasion.ISSUED)


def test_settings_name_what_a_mail_server_needs() -> None:
    whole = {
        "TINGMIN_DATABASE_URL": "sqlite://", "TINGMIN_SECRET_KEY": "k" * 40,
        "TINGMIN_PUBLIC_BASE_URL": "https://x.example",
    }  # fmt: skip
    assert Settings.from_env(whole).smtp_host == ""
    with pytest.raises(BadSettings, match="MAIL_FROM"):
        Settings.from_env({**whole, "TINGMIN_SMTP_HOST": "mail.example"})
    with pytest.raises(BadSettings, match="this machine alone"):
        Settings.from_env(
            {
                **whole,
                "TINGMIN_SMTP_HOST": "mail.example",
                "TINGMIN_SMTP_SECURITY": "none",
                "TINGMIN_MAIL_FROM": "a@b.cn",
            }
        )
    set_up = Settings.from_env(
        {
            **whole,
            "TINGMIN_SMTP_HOST": "mail.example",
            "TINGMIN_SMTP_SECURITY": "tls",
            "TINGMIN_MAIL_FROM": "a@b.cn",
        }
    )
    assert set_up.smtp_port == 465


def test_keys_can_be_changed_under_the_list(people: tuple[Staff, Staff]) -> None:
    from core.rotation import sealed_columns

    names = {(table.name, column.name) for table, column in sealed_columns()}
    assert {("bulletin_recipient", c) for c in ("name", "number", "mail")} <= names
    assert secrets.keyring()


def test_who_was_deactivated_is_told_nothing_more(people: tuple[Staff, Staff], at_the_post: Post) -> None:
    with transaction() as session:
        session.get_one(Staff, people[1].id).is_active = False
        session.flush()
        issued(session, people[0])
        told = {r.recipient.staff_id for r in session.scalars(sa.select(BulletinDelivery))}
        assert told == {None}
    with clock.frozen(CUT):
        mailing.send_due()
    assert [to for to, _ in at_the_post.mails] == [SECRETARY]
