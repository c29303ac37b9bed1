//! Lines to disagree about: the table, a line for each row of the extensions,
//! and mutants of both. The same ones every time.

use std::collections::BTreeSet;

use fastrand::Rng;

use crate::shared::lines;

/// One line at least for each command and each parameter that the table of
/// lines does not have.
const MORE: [&str; 49] = [
    "LHLO mail.example.com",
    "EHLO localhost",
    "EHLO xn--bcher-kva.example",
    "EHLO [tag:content]",
    "HELO [192.0.2.1]",
    "MAIL FROM:<a@b>",
    "MAIL FROM:<alice@example.com> BODY=7BIT",
    "MAIL FROM:<alice@example.com> HOLDFOR=86400",
    "MAIL FROM:<alice@example.com> HOLDUNTIL=2030-01-01T00:00:00Z",
    "MAIL FROM:<alice@example.com> SOLICIT=org.example:ADV:ADLT",
    "MAIL FROM:<alice@example.com> ENVID=QQ MTRK=aGFzaGhhc2hoYXNoaGFzaGhhc2g:604800",
    "MAIL FROM:<alice@example.com> ENVID=QQ MTRK=aGFzaGhhc2hoYXNoaGFzaGhhc2g",
    "MAIL FROM:<alice@example.com> SUBMITTER=bob@example.org",
    "MAIL FROM:<alice@example.com> CONPERM",
    "MAIL FROM:<alice@example.com> TRANSID=<12345@example.com>",
    "MAIL FROM:<alice@example.com> BY=-30;NT",
    "MAIL FROM:<alice@example.com> BY=+30;RT",
    "MAIL FROM:<alice@example.com> MT-PRIORITY=-9",
    "MAIL FROM:<alice@example.com> XOWN=value",
    "MAIL FROM:<alice@example.com> XOWN",
    "MAIL FROM:<alice@example.com> SIZE=18446744073709551615",
    "MAIL FROM:<\"a b\\\"c\\\\d\"@example.com> SIZE=0",
    "MAIL FROM:<alice@[IPv6:2001:db8::1]>",
    "RCPT TO:<bob@example.org> CONNEG",
    "RCPT TO:<bob@example.org> ORCPT=utf-8;\\x{3B4}@example.gr",
    "RCPT TO:<bob@example.org> ORCPT=x400;c=us+20a=att",
    "RCPT TO:<bob@example.org> RRVS=2014-04-03T23:01:00Z;C",
    "RCPT TO:<bob@example.org> NOTIFY=FAILURE",
    "RCPT TO:<@a.example,@b.example:joe@c.example>",
    "RCPT TO:<bob@example.org> XOWN=value",
    "VRFY bob@example.org",
    "VRFY bob SMTPUTF8",
    "VRFY \"bob smith\"",
    "EXPN staff list",
    "HELP MAIL",
    "NOOP a b c",
    "ETRN example.com",
    "ETRN @example.com",
    "ETRN #queue",
    "ATRN",
    "ATRN a.example,b.example",
    "BURL imap://harry@gryffindor.example.com/outbox;uidvalidity=1078863300/;uid=25 LAST",
    "BURL imap://gryffindor.example.com/outbox",
    "AUTH EXTERNAL =",
    "AUTH CRAM-MD5",
    "AUTH XOAUTH2 dXNlcj0=",
    "TURN",
    "SEND FROM:<alice@example.com>",
    "XCLIENT NAME=spike.example ADDR=192.0.2.7 PROTO=ESMTP",
];

/// What is put into lines.
const PIECES: [&[u8]; 62] = [
    b" ",
    b"  ",
    b"\t",
    b"\0",
    b"\r",
    b"\n",
    b"\x7f",
    b"\x01",
    b"\xff",
    b"\xc3",
    "é".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{3002}".as_bytes(),
    b"<",
    b">",
    b"<>",
    b"@",
    b"@@",
    b".",
    b"..",
    b"-",
    b"_",
    b"\"",
    b"\\",
    b"\"\"",
    b"\\\"",
    b"[",
    b"]",
    b":",
    b";",
    b",",
    b"=",
    b"==",
    b"+",
    b"+2B",
    b"+zz",
    b"+2b",
    b"(x)",
    b"a",
    b"Z",
    b"0",
    b"9",
    b"%",
    b"/",
    b"!",
    b"*",
    b"xn--",
    b"postmaster",
    b"Postmaster@",
    b"[127.0.0.1]",
    b"[IPv6:::1]",
    b"[IPv6:::ffff:192.0.2.1]",
    b"[x-tag:y]",
    b"[999.1.1.1]",
    b"@a,@b:",
    b" SIZE=1",
    b" BODY=8BITMIME",
    b" SMTPUTF8",
    b" =",
    b" X=",
    b" NOTIFY=NEVER",
    b" LAST",
];

const NUMBERS: [&[u8]; 12] = [
    b"",
    b"0",
    b"00",
    b"1",
    b"-1",
    b"+1",
    b"007",
    b"4294967296",
    b"999999999",
    b"9999999999",
    b"18446744073709551616",
    b"000000000000000000001",
];

pub fn lines(mutants: usize) -> BTreeSet<Vec<u8>> {
    let table = lines::rows().into_iter().map(|row| row.line);
    let more = MORE.iter().map(|line| line.as_bytes().to_vec());
    let seeds: Vec<Vec<u8>> = table.chain(more).collect();
    let mut rng = Rng::with_seed(5321);
    let mut lines: BTreeSet<Vec<u8>> = seeds.iter().cloned().collect();
    while lines.len() < seeds.len() + mutants {
        let mut line = rng.choice(&seeds).expect("there are seeds").clone();
        for _ in 0..rng.u8(1..=3) {
            mutate(&mut line, &seeds, &mut rng);
        }
        lines.insert(line);
    }
    lines
}

fn words(line: &[u8]) -> Vec<Vec<u8>> {
    line.split(|octet| *octet == b' ')
        .map(<[u8]>::to_vec)
        .collect()
}

/// Changes one thing.
fn mutate(line: &mut Vec<u8>, seeds: &[Vec<u8>], rng: &mut Rng) {
    let at = rng.usize(0..=line.len());
    match rng.u8(0..14) {
        0..=3 => {
            let piece = rng.choice(PIECES).expect("there are pieces");
            line.splice(at..at, piece.iter().copied());
        }
        4 | 5 if at < line.len() => {
            line.remove(at);
        }
        6 if at < line.len() => {
            let piece = rng.choice(PIECES).expect("there are pieces");
            line.splice(at..=at, piece.iter().copied());
        }
        7 if at < line.len() => line[at] ^= 0x20,
        8 => {
            let mut words = words(line);
            let this = rng.usize(0..words.len());
            let word = words[this].clone();
            words.insert(rng.usize(0..=words.len()), word);
            *line = words.join(&b' ');
        }
        9 => {
            let mut words = words(line);
            words.remove(rng.usize(0..words.len()));
            *line = words.join(&b' ');
        }
        // A word of another line, often a parameter.
        10 | 11 => {
            let others = words(rng.choice(seeds).expect("there are seeds"));
            let other = rng.choice(&others).expect("there is a word");
            let mut words = words(line);
            match rng.bool() {
                true => words.push(other.clone()),
                false => {
                    let this = rng.usize(0..words.len());
                    words[this] = other.clone();
                }
            }
            *line = words.join(&b' ');
        }
        // Another number in the place of one.
        12 => {
            if let Some(start) = line.iter().position(u8::is_ascii_digit) {
                let digits = line[start..]
                    .iter()
                    .take_while(|octet| octet.is_ascii_digit());
                let end = start + digits.count();
                let number = rng.choice(NUMBERS).expect("there are numbers");
                line.splice(start..end, number.iter().copied());
            }
        }
        // About as long as a limit, or well beyond it.
        13 if at < line.len() => {
            let length = *rng
                .choice([60, 64, 240, 255, 500, 1000].iter())
                .expect("some");
            let octet = line[at];
            line.splice(at..at, std::iter::repeat_n(octet, length));
        }
        _ => {}
    }
}
