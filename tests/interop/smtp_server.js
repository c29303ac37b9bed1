// nodemailer's smtp-server: takes whatever mail comes, and forgets it.

const { SMTPServer } = require("smtp-server");

const server = new SMTPServer({
  authOptional: true,
  onData(stream, session, done) {
    stream.on("end", done);
    stream.resume();
  },
});
// A client that goes away is no reason to end.
server.on("error", () => {});
server.listen(0, "127.0.0.1", function () {
  const { address, port } = this.address();
  console.log(`listening on ${address}:${port}`);
});
