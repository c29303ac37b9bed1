"""Sends one message with aiosmtplib; what and how is JSON in argv[1], the
message is stdin. Prints what was refused; exits with 1 if it all was."""

import asyncio
import json
import sys

import aiosmtplib


async def main() -> int:
    way = json.loads(sys.argv[1])
    client = aiosmtplib.SMTP(validate_certs=False, **way["connection"])
    try:
        async with client:
            await client.ehlo()
            match way["mechanism"]:
                case "PLAIN":
                    await client.auth_plain(way["user"], way["password"])
                case "LOGIN":
                    await client.auth_login(way["user"], way["password"])
                case "CRAM-MD5":
                    await client.auth_crammd5(way["user"], way["password"])
                case "XOAUTH2":
                    await client.auth_xoauth2(way["user"], way["token"])
            refused, _ = await client.sendmail(
                way["mail_from"],
                way["rcpt_to"],
                sys.stdin.buffer.read(),
                mail_options=way["mail_options"],
                rcpt_options=way["rcpt_options"],
            )
    except aiosmtplib.SMTPRecipientsRefused as error:
        for one in error.recipients:
            print(one.code, one.message)
        return 1
    except aiosmtplib.SMTPResponseException as error:
        print(error.code, error.message)
        return 1
    for code, message in refused.values():
        print(code, message)
    return 0


sys.exit(asyncio.run(main()))
