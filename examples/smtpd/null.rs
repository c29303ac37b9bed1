//! A server that parses nothing: what any server on this runtime costs at
//! least. Answers each line with 250, DATA with 354, and knows no better.

use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) async fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(b"220 null\r\n").await?;
    let mut input = BytesMut::with_capacity(16 * 1024);
    let mut in_message = false;
    loop {
        input.reserve(4 * 1024);
        if stream.read_buf(&mut input).await? == 0 {
            return Ok(());
        }
        if in_message {
            if !input.ends_with(b"\r\n.\r\n") {
                // The end may be cut anywhere.
                let _ = input.split_to(input.len().saturating_sub(4));
                continue;
            }
            in_message = false;
            stream.write_all(b"250 ok\r\n").await?;
        } else if !input.ends_with(b"\n") {
            continue;
        } else if input.starts_with(b"DATA") {
            in_message = true;
            stream.write_all(b"354 go on\r\n").await?;
        } else if input.starts_with(b"QUIT") {
            return stream.write_all(b"221 bye\r\n").await;
        } else {
            let lines = input[..].split(|octet| *octet == b'\n').count() - 1;
            stream.write_all(&b"250 ok\r\n".repeat(lines)).await?;
        }
        input.clear();
    }
}
