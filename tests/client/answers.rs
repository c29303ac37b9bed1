//! What replies and reports say.

use ehlo::client::{
    BodyOptions, Config, Event, Expansion, Outcome, QueueStart, Verification, help_text,
};
use ehlo::types::{Envelope, Mailbox, Reply};

use super::{hear, ready_with, said};

#[test]
fn replies_have_their_meaning() {
    let reply = |text: &str| Reply::parse(text.as_bytes()).unwrap().into_owned();
    let verified = |text: &str| Verification::from(&reply(text));
    let Verification::Forwarded(user) =
        verified("251 User not local; will forward to <b@c.example>\r\n")
    else {
        panic!();
    };
    assert_eq!(user.mailbox.unwrap().as_str(), "b@c.example");
    let Verification::Ambiguous(users) = verified(
        "553-Ambiguous; possibilities are\r\n553-Joe <j@a.example>\r\n553 h@a.example\r\n",
    ) else {
        panic!();
    };
    assert_eq!(users.len(), 2);
    assert_eq!(users[0].text, "Joe <j@a.example>");
    assert!(matches!(
        verified("551 try <x@y.example>\r\n"),
        Verification::Elsewhere(_)
    ));
    assert_eq!(verified("252 Cannot\r\n"), Verification::NotSaid);
    assert_eq!(verified("550 No\r\n"), Verification::NoSuchUser);
    assert_eq!(verified("502 No\r\n"), Verification::NotImplemented);
    assert_eq!(verified("530 No\r\n"), Verification::Refused);

    let expanded = |text: &str| Expansion::from(&reply(text));
    let Expansion::Members(members) = expanded("250-Jon <j@a.example>\r\n250 \u{e9}?\r\n") else {
        panic!();
    };
    assert_eq!(members.len(), 2);
    assert_eq!(members[1].mailbox, None);
    assert_eq!(expanded("252 Cannot\r\n"), Expansion::NotSaid);
    assert_eq!(expanded("550 No\r\n"), Expansion::NoSuchList);
    assert_eq!(expanded("500 No\r\n"), Expansion::NotImplemented);
    assert_eq!(expanded("451 No\r\n"), Expansion::Refused);

    let started = |text: &str| QueueStart::from(&reply(text));
    assert_eq!(started("250 Ok\r\n"), QueueStart::Started);
    assert_eq!(started("251 None\r\n"), QueueStart::NothingWaits);
    assert_eq!(started("252 Pending\r\n"), QueueStart::Started);
    assert_eq!(
        started("253 OK, 14 pending messages\r\n"),
        QueueStart::StartedSome(14)
    );
    assert_eq!(started("458 No\r\n"), QueueStart::Unable);
    assert_eq!(started("459 No\r\n"), QueueStart::NotAllowed);
    assert_eq!(started("502 No\r\n"), QueueStart::NotImplemented);
    assert_eq!(started("550 No\r\n"), QueueStart::Refused);

    assert_eq!(help_text(&reply("214-a\r\n214 b\r\n")).unwrap(), "a\nb");
    assert_eq!(help_text(&reply("502 No\r\n")), None);
}

/// A report sorts for a queue, and gives back what is to be tried again.
#[test]
fn reports_sort_for_a_queue() {
    let mut client = ready_with(Config::new(), "250-PIPELINING\r\n250-LIMITS RCPTMAX=3\r\n");
    let to = ["1@d.example", "2@d.example", "3@d.example", "4@d.example"];
    let envelope = to.iter().fold(
        Envelope::new("a@b.example".parse::<Mailbox<'_>>().unwrap()),
        |envelope, to| envelope.to(to.parse::<Mailbox<'_>>().unwrap()),
    );
    client.deliver(envelope, BodyOptions::new()).unwrap();
    hear(&mut client, b"");
    said(&mut client);
    hear(
        &mut client,
        b"250 Ok\r\n250 Ok\r\n550-No\r\n550 such user\r\n450 Busy\r\n354 Go\r\n",
    );
    client.body().unwrap().finish().unwrap();
    said(&mut client);
    let told = hear(&mut client, b"250 2.0.0 queued as 4711\r\n");
    let Some(Event::Report(_, report)) = told.into_iter().next() else {
        panic!();
    };
    let paths = |outcome| -> Vec<String> {
        let those = report.with_outcome(outcome);
        those
            .map(|one| one.recipient.forward_path.as_str().to_owned())
            .collect()
    };
    assert_eq!(paths(Outcome::Delivered), ["1@d.example"]);
    assert_eq!(report.permanent().count(), 1);
    assert_eq!(
        report.permanent().next().unwrap().reply.unwrap().text(),
        "No\nsuch user"
    );
    assert_eq!(report.transient().count(), 1);
    assert_eq!(report.left_over().count(), 1);
    assert_eq!(report.unknown().count(), 0);
    assert_eq!(report.delivered().count(), 1);
    assert_eq!(report.completion_reply().unwrap().text(), "queued as 4711");
    let again = report
        .into_envelope_of(|outcome| matches!(outcome, Outcome::Transient | Outcome::LeftOver));
    let again: Vec<_> = again
        .recipients
        .iter()
        .map(|one| one.forward_path.as_str())
        .collect();
    assert_eq!(again, ["3@d.example", "4@d.example"]);
}
