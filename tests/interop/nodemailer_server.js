// nodemailer's smtp-server, storing messages as blocking_server does; what it is
// told is JSON in argv[2]. Prints `listening on HOST:PORT`.

const { randomUUID } = require("crypto");
const { readFileSync, writeFileSync } = require("fs");
const { SMTPServer } = require("smtp-server");

const told = JSON.parse(process.argv[2]);

const refusal = (code, text) => Object.assign(new Error(text), { responseCode: code });

const isKnown = ({ method, username, password, accessToken, validatePassword }) => {
  if (username !== told.user) return false;
  if (method === "XOAUTH2") return accessToken === told.token;
  return method === "CRAM-MD5" ? validatePassword(told.password) : password === told.password;
};

const sessions = new Set();

const store = (octets, session) => {
  const { mailFrom, rcptTo, dsn, smtpUtf8 } = session.envelope;
  const protocol = session.transmissionType;
  sessions.add(session.id);
  const facts = {
    mail_from: mailFrom.address,
    rcpt_to: rcptTo.map(({ address }) => address),
    helo: session.hostNameAppearsAs,
    protocol: smtpUtf8 ? protocol.replace(/^E/, "UTF8") : protocol,
    tls: Boolean(session.secure),
    identity: session.user ? session.user.name : null,
    mechanism: session.user ? session.user.method : null,
    // The id as it came.
    mail_parameters: dsn.ret ? { RET: dsn.ret, ENVID: dsn.envid.replace("+", "+2B") } : {},
    rcpt_parameters: rcptTo.map(({ dsn }) => (dsn && dsn.notify ? { NOTIFY: dsn.notify.join() } : {})),
    sessions: sessions.size,
  };
  const path = `${told.directory}/${randomUUID()}`;
  writeFileSync(`${path}.json`, JSON.stringify(facts));
  writeFileSync(`${path}.eml`, octets);
};

const server = new SMTPServer({
  ...told.options,
  key: readFileSync(told.key),
  cert: readFileSync(told.chain),
  authMethods: ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"],
  onAuth: (auth, session, done) => {
    if (isKnown(auth)) return done(null, { user: { name: told.user, method: auth.method } });
    if (auth.method !== "XOAUTH2") return done(refusal(535, "who is this?"));
    done(null, { data: { status: "401", schemes: "bearer", scope: "mail" } });
  },
  onRcptTo: ({ address }, session, done) => {
    if (address === told.refused) return done(refusal(550, "no such user"));
    if (!address.endsWith(`@${told.domain}`) && !session.user)
      return done(refusal(550, "no relay"));
    done();
  },
  onData: (stream, session, done) => {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      if (stream.sizeExceeded) return done(refusal(552, "too large"));
      const { rcptTo } = session.envelope;
      const isFull = ({ address }) => told.options.lmtp && address === told.full;
      const replies = rcptTo.map((to) => (isFull(to) ? refusal(452, "mailbox full") : "stored"));
      session.envelope.rcptTo = rcptTo.filter((to) => !isFull(to));
      store(Buffer.concat(parts), session);
      session.envelope.rcptTo = rcptTo;
      done(null, told.options.lmtp ? replies : "stored");
    });
  },
});

server.on("error", () => {});
server.listen(0, told.host, () => {
  console.log(`listening on ${told.host}:${server.server.address().port}`);
});
