//! The command line, and whom it lets be probed.

use std::error::Error;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use ehlo::types::{HelloName, Mailbox};

const USAGE: &str = "\
usage: probe [OPTION …] HOST:PORT

  --starttls                 try what STARTTLS can be attacked with, too
  --lmtp                     speak LMTP
  --from ADDRESS             --to ADDRESS: one the server takes mail for
  --timeout SECONDS          for a reply, default 5
  --i-am-authorised          probe a server that is not on this machine
exit status: 0 not exploitable, 1 exploitable, 2 it could not be probed
";

pub(crate) struct Options {
    /// `HOST:PORT`, as it was given.
    pub(crate) name: String,
    /// What that is, looked up once and checked.
    pub(crate) addresses: Vec<SocketAddr>,
    /// `--starttls`: tries what STARTTLS can be attacked with, too.
    pub(crate) starttls: bool,
    /// `--lmtp`.
    pub(crate) lmtp: bool,
    /// `--from ADDRESS`.
    pub(crate) from: Mailbox<'static>,
    /// `--to ADDRESS`: one the server takes mail for.
    pub(crate) to: Mailbox<'static>,
    /// `--timeout SECONDS`, for a reply.
    pub(crate) timeout: Duration,
    pub(crate) hello: HelloName<'static>,
}

impl Options {
    pub(crate) fn from_arguments() -> Result<Self, Box<dyn Error>> {
        use lexopt::prelude::*;

        let (mut name, mut seconds) = (None, 5);
        let (mut starttls, mut lmtp, mut is_authorised) = (false, false, false);
        let mut from: Mailbox<'static> = "probe@client.example".parse()?;
        let mut to: Mailbox<'static> = "probe@server.example".parse()?;
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("help") => {
                    print!("{USAGE}");
                    std::process::exit(0);
                }
                Long("starttls") => starttls = true,
                Long("lmtp") => lmtp = true,
                Long("i-am-authorised") => is_authorised = true,
                Long("from") => from = arguments.value()?.string()?.parse()?,
                Long("to") => to = arguments.value()?.string()?.parse()?,
                Long("timeout") => seconds = arguments.value()?.parse()?,
                Value(value) if name.is_none() => name = Some(value.string()?),
                _ => return Err(argument.unexpected().into()),
            }
        }
        let name = name.ok_or("HOST:PORT is missing")?;
        let addresses: Vec<_> = name.to_socket_addrs()?.collect();
        let is_loopback = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
        if !is_authorised && !addresses.iter().all(is_loopback) {
            return Err(format!(
                "{name} is not this machine: whoever may attack it says --i-am-authorised"
            )
            .into());
        }
        Ok(Self {
            name,
            addresses,
            starttls,
            lmtp,
            from,
            to,
            timeout: Duration::from_secs(seconds.clamp(1, 600)),
            hello: "probe.example".parse()?,
        })
    }

    /// The octets of a row of the table for this server.
    pub(crate) fn fill(&self, template: &[u8]) -> Vec<u8> {
        let mut octets = template.to_vec();
        let (from, to) = (self.from.to_string(), self.to.to_string());
        let verb = if self.lmtp { "LHLO" } else { "EHLO" };
        for (place, value) in [
            ("{ehlo}", verb),
            ("{hello}", self.hello.as_str()),
            ("{from}", &from),
            ("{to}", &to),
        ] {
            let found = octets
                .windows(place.len())
                .position(|octets| octets == place.as_bytes());
            if let Some(at) = found {
                octets.splice(at..at + place.len(), value.bytes());
            }
        }
        octets
    }
}
