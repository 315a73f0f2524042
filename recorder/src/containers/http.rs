//! One GET over a unix socket.
//!
//! A path in, the answer's body out, within the limits of size and time.

use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;

use super::error::AskError;
use super::socket::{connect, within};

/// The longest body that is taken, in bytes. An inspection is tens of kilobytes.
pub(super) const ANSWER_MAX: usize = 1 << 20;
/// How much of a refusal's words is kept, in characters.
const MESSAGE_MAX: usize = 200;

/// Asks for a path, which must be made of plain characters.
pub(super) fn get(socket: &Path, path: &str, time: Duration) -> Result<Vec<u8>, AskError> {
    within(time, async {
        let stream = TokioIo::new(connect(socket).await?);
        let (mut sender, connection) =
            http1::handshake(stream).await.map_err(AskError::protocol)?;
        // It ends with the runtime of this exchange.
        drop(tokio::spawn(connection));
        let request = Request::get(path)
            .header(header::HOST, "localhost")
            .header(header::USER_AGENT, "falco-record")
            .body(Empty::<Bytes>::new())
            .map_err(AskError::protocol)?;
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(AskError::protocol)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
        let body = body.map_err(|error| match error.downcast::<LengthLimitError>() {
            Ok(_) => AskError::TooLong(ANSWER_MAX),
            Err(error) => AskError::Protocol(error),
        })?;
        judge(status, &body.to_bytes())
    })
}

fn judge(status: StatusCode, body: &[u8]) -> Result<Vec<u8>, AskError> {
    match status {
        StatusCode::OK => Ok(body.to_vec()),
        // An id that a runtime finds malformed is none of its containers': that is no failure of the runtime.
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => Err(AskError::NotFound),
        status => Err(AskError::Refused {
            code: i32::from(status.as_u16()),
            message: String::from_utf8_lossy(body)
                .trim()
                .chars()
                .take(MESSAGE_MAX)
                .collect(),
        }),
    }
}
