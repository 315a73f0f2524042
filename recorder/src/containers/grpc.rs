//! Calls of gRPC over a unix socket: one request, one answer, one connection.
//!
//! A method and a message in, the answer's message out, within the limits of size and time.

use std::io;
use std::path::Path;
use std::time::Duration;

use hyper::Uri;
use hyper::http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use tonic::client::Grpc;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::error::AskError;
use super::socket::{connect, within};

/// The longest answer that is taken, in bytes. A verbose status is tens of kilobytes.
/// What is made of it takes at most some forty times as much, where a hostile runtime sends nothing but empty entries.
const ANSWER_MAX: usize = 1 << 20;
/// How much of a refusal's words is kept, in characters.
const MESSAGE_MAX: usize = 200;

/// One call.
#[derive(Clone, Debug)]
pub struct Call<'a, Question> {
    /// `/package.Service/Method`.
    pub method: &'a str,
    /// A header beside the usual ones.
    pub metadata: Option<(&'static str, &'a str)>,
    /// The request.
    pub message: Question,
}

/// Makes a call and returns the answer.
pub fn call<Question, Answer>(
    socket: &Path,
    call: Call<'_, Question>,
    time: Duration,
) -> Result<Answer, AskError>
where
    Question: prost::Message + 'static,
    Answer: prost::Message + Default + 'static,
{
    within(time, async {
        let mut client = Grpc::new(channel(socket).await?).max_decoding_message_size(ANSWER_MAX);
        client.ready().await.map_err(AskError::protocol)?;
        let path: PathAndQuery = call.method.parse().map_err(AskError::protocol)?;
        let mut request = Request::new(call.message);
        if let Some((name, value)) = call.metadata {
            let value: AsciiMetadataValue = value.parse().map_err(AskError::protocol)?;
            let name = AsciiMetadataKey::from_static(name);
            request.metadata_mut().insert(name, value);
        }
        let codec = ProstCodec::<Question, Answer>::default();
        let answer = client.unary(request, path, codec).await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| refusal(&status))
    })
}

/// A channel over a connection that is there already, so that its failing is told apart from everything later.
async fn channel(socket: &Path) -> Result<Channel, AskError> {
    let mut stream = Some(TokioIo::new(connect(socket).await?));
    let connector = service_fn(move |_: Uri| {
        let stream = stream.take();
        async move { stream.ok_or_else(|| io::Error::other("one connection for one call")) }
    });
    // The name is not looked up: the connector has the connection.
    Endpoint::from_static("http://localhost")
        .connect_with_connector(connector)
        .await
        .map_err(AskError::protocol)
}

fn refusal(status: &Status) -> AskError {
    match status.code() {
        // An id that a runtime finds malformed is none of its containers': that is no failure of the runtime.
        Code::NotFound | Code::InvalidArgument => AskError::NotFound,
        Code::Unimplemented => AskError::NotOffered,
        code => AskError::Refused {
            code: code.into(),
            message: status.message().chars().take(MESSAGE_MAX).collect(),
        },
    }
}
