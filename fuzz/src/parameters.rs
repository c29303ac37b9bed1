//! What holds for parameters of MAIL and RCPT, wherever they come from.

use ehlo::types::{MailParameters, Parameter, ParameterKind, RcptParameters, Verb};

/// What is there can be read, and what was read can be set again.
pub(crate) fn check_mail(parameters: &MailParameters<'_>) {
    assert_eq!(parameters.as_str().parse().as_ref(), Ok(parameters));
    parameters.iter().for_each(|parameter| check(&parameter));
    for kind in ParameterKind::ALL {
        let is_there = parameters.get(kind.as_str()).is_some() && kind.verb() == Verb::Mail;
        let old = || parameters.clone();
        let readable = match kind {
            ParameterKind::Size => parameters
                .size()
                .map(|it| old().with_size(it).size() == Some(it)),
            ParameterKind::Body => parameters
                .body()
                .map(|it| old().with_body(it).body() == Some(it)),
            ParameterKind::SmtpUtf8 => parameters
                .smtputf8()
                .then(|| old().with_smtputf8().smtputf8()),
            ParameterKind::Ret => parameters
                .ret()
                .map(|it| old().with_ret(it).ret() == Some(it)),
            ParameterKind::Envid => parameters.envid().map(|it| {
                // An empty one is taken, but not set.
                let with = old().with_envid(&it);
                it.is_empty() || with.unwrap().envid() == Some(it)
            }),
            ParameterKind::Auth => parameters.auth().map(|it| {
                // A long one is taken, but not set.
                let with = old().with_auth(&it);
                with.map_or(it.to_string().len() > 160, |with| with.auth() == Some(it))
            }),
            ParameterKind::By => parameters
                .deliver_by()
                .map(|it| old().with_deliver_by(it).deliver_by() == Some(it)),
            ParameterKind::HoldFor => parameters
                .hold_for()
                .map(|it| old().with_hold_for(it).unwrap().hold_for() == Some(it)),
            ParameterKind::HoldUntil => parameters
                .hold_until()
                .map(|it| old().with_hold_until(it).unwrap().hold_until() == Some(it)),
            ParameterKind::MtPriority => parameters
                .priority()
                .map(|it| old().with_priority(it).priority() == Some(it)),
            ParameterKind::RequireTls => parameters
                .require_tls()
                .then(|| old().with_require_tls().require_tls()),
            ParameterKind::Solicit => parameters
                .solicit()
                .map(|it| old().with_solicit(it).unwrap().solicit() == Some(it)),
            ParameterKind::Mtrk => parameters
                .tracking()
                .map(|it| old().with_tracking(&it).unwrap().tracking() == Some(it)),
            ParameterKind::Submitter => parameters.submitter().map(|it| {
                let with = old().with_submitter(&it);
                with.map_or(it.to_string().len() > 80, |with| {
                    with.submitter() == Some(it)
                })
            }),
            ParameterKind::ConPerm => parameters.conperm().then(|| old().with_conperm().conperm()),
            ParameterKind::TransId => parameters
                .transaction_id()
                .map(|it| old().with_transaction_id(it).unwrap().transaction_id() == Some(it)),
            _ => None,
        };
        assert_eq!(readable, is_there.then_some(true), "{kind} of {parameters}");
    }
}

/// The same for RCPT.
pub(crate) fn check_rcpt(parameters: &RcptParameters<'_>) {
    assert_eq!(parameters.as_str().parse().as_ref(), Ok(parameters));
    parameters.iter().for_each(|parameter| check(&parameter));
    for kind in ParameterKind::ALL {
        let is_there = parameters.get(kind.as_str()).is_some() && kind.verb() == Verb::Rcpt;
        let old = || parameters.clone();
        let readable = match kind {
            ParameterKind::Notify => parameters
                .notify()
                .map(|it| old().with_notify(it).notify() == Some(it)),
            ParameterKind::Orcpt => parameters.original_recipient().map(|it| {
                let with = old().with_original_recipient(&it);
                let _ = it.address();
                with.original_recipient() == Some(it)
            }),
            ParameterKind::Rrvs => parameters
                .valid_since()
                .map(|it| old().with_valid_since(it).valid_since() == Some(it)),
            ParameterKind::ConNeg => parameters.conneg().then(|| old().with_conneg().conneg()),
            _ => None,
        };
        assert_eq!(readable, is_there.then_some(true), "{kind} of {parameters}");
    }
}

fn check(parameter: &Parameter<'_>) {
    assert_eq!(parameter.as_str().parse().as_ref(), Ok(parameter));
}
