// Sends one message with nodemailer's SMTP connection; what and how is JSON in
// argv[2], the message is stdin. Prints what was refused; exits with 1 if it all was.

const { readFileSync } = require("fs");
const SMTPConnection = require("nodemailer/lib/smtp-connection");
const XOAuth2 = require("nodemailer/lib/xoauth2");

const { connection, login, envelope } = JSON.parse(process.argv[2]);
const session = new SMTPConnection(connection);

const fail = (error) => {
  console.log(error.response || error.message);
  for (const refused of error.rejectedErrors || []) console.log(refused.response);
  process.exit(1);
};

const send = () =>
  session.send(envelope, readFileSync(0), (error, info) => {
    if (error) return fail(error);
    for (const refused of info.rejectedErrors || []) console.log(refused.response);
    session.quit();
  });

session.on("error", fail);
session.connect(() => {
  if (!login) return send();
  if (login.token) login.oauth2 = new XOAuth2({ user: login.user, accessToken: login.token });
  session.login(login, (error) => (error ? fail(error) : send()));
});
