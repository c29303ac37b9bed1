# What perl's Net::SMTP can do that others cannot: BINARYMIME in chunks, and
# VRFY, EXPN, ETRN and HELP. Arguments: port, hello, sender, recipient.
# The message is stdin.
use strict;
use warnings;
use Net::SMTP;

my ($port, $helo, $from, $to) = @ARGV;
binmode STDIN;
my $octets = do { local $/; <STDIN> };
my $smtp = Net::SMTP->new("127.0.0.1", Port => $port, Hello => $helo, Timeout => 30)
    or die "no connection: $@";

sub check { my ($what, $ok) = @_; $ok or die "$what: ", $smtp->code, " ", $smtp->message }

print "help: ", scalar $smtp->help(), "\n";
check(verify => $smtp->verify($to));
print "verify: ", $smtp->message, "\n";
print "expand: $_\n" for $smtp->expand("staff");
check(etrn => $smtp->etrn("server.example") || $smtp->code == 251);
check(mail => $smtp->mail($from, Bits => "binary", Size => length $octets,
    Return => "FULL", ENVID => "a+2Bb"));
check(rcpt => $smtp->recipient($to, { Notify => ["FAILURE", "DELAY"],
    ORcpt => "rfc822;first\@server.example" }));
my $half = int(length($octets) / 2);
check(bdat => $smtp->bdat(substr $octets, 0, $half));
check(last => $smtp->bdatlast(substr $octets, $half));
check(quit => $smtp->quit);
