//! The hands of somebody in AWS, beside the controller: raw calls to the simulated AWS, its estate and its ledger.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use peerway_sim::Estate;
use serde::Deserialize;

/// The simulated AWS at an address.
#[derive(Debug, Clone)]
pub struct Aws {
    /// Its address, for `AWS_ENDPOINT_URL`.
    pub endpoint: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A call in the ledger, as far as tests look at it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its place in the row of calls.
    pub seq: u64,
    /// The caller's account.
    pub account: Option<String>,
    /// The caller's ARN.
    pub principal: Option<String>,
    /// The Region.
    pub region: String,
    /// The action.
    pub action: String,
    /// Whether the action may change anything.
    pub is_write: bool,
    /// How it ended.
    pub outcome: serde_json::Value,
    /// The parameters in brief.
    pub summary: String,
}

impl Aws {
    /// The simulated AWS at `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn at_port(port: u16) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { endpoint: format!("http://127.0.0.1:{port}"), client }
    }

    async fn get(&self, path: &str) -> anyhow::Result<String> {
        let request =
            hyper::Request::get(format!("{}{path}", self.endpoint)).body(Full::default())?;
        let answer = self.client.request(request).await?;
        let status = answer.status();
        let body = String::from_utf8(answer.into_body().collect().await?.to_bytes().to_vec())?;
        if !status.is_success() {
            bail!("GET {path}: {status}: {body}");
        }
        Ok(body)
    }

    /// Whether it answers.
    pub async fn is_up(&self) -> bool {
        self.get("/_peerway/health").await.is_ok()
    }

    /// Whether the health endpoint at this address says ready.
    pub async fn is_ready(&self) -> bool {
        self.get("/readyz").await.is_ok()
    }

    /// Everything that stands there now.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn estate(&self) -> anyhow::Result<Estate> {
        Ok(Estate::from_yaml(&self.get("/_peerway/estate").await?)?)
    }

    /// The calls after number `seq`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ledger_since(&self, seq: u64) -> anyhow::Result<Vec<Entry>> {
        let text = self.get(&format!("/_peerway/ledger?since={seq}")).await?;
        serde_json::from_str(&text).with_context(|| format!("a ledger, not {text:.200}"))
    }

    /// Lets something go wrong, as `/_peerway/weather/faults` takes it.
    ///
    /// # Errors
    /// When it is none of the faults there are.
    pub async fn inject(&self, fault: &serde_json::Value) -> anyhow::Result<()> {
        self.faults(hyper::Method::POST, fault.to_string()).await
    }

    /// Takes back every fault that has not struck yet.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn clear_faults(&self) -> anyhow::Result<()> {
        self.faults(hyper::Method::DELETE, String::new()).await
    }

    async fn faults(&self, method: hyper::Method, body: String) -> anyhow::Result<()> {
        let request = hyper::Request::builder()
            .method(method)
            .uri(format!("{}/_peerway/weather/faults", self.endpoint))
            .body(Full::from(body))?;
        let answer = self.client.request(request).await?;
        let status = answer.status();
        let text = answer.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("faults: {status}: {}", String::from_utf8_lossy(&text));
        }
        Ok(())
    }

    /// The number of the last call.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn last_seq(&self) -> anyhow::Result<u64> {
        Ok(self.ledger_since(0).await?.last().map_or(0, |entry| entry.seq))
    }

    /// Lets an instance be the leader that answers where only a leader does, or no longer.
    ///
    /// # Errors
    /// When there is no such instance.
    pub async fn lead(&self, instance: &str, leader: bool) -> anyhow::Result<()> {
        let path = format!("/_peerway/instances/{instance}/answers");
        let body = serde_json::json!({ "leader": leader }).to_string();
        let request =
            hyper::Request::put(format!("{}{path}", self.endpoint)).body(Full::from(body))?;
        let answer = self.client.request(request).await?;
        let status = answer.status();
        let text = answer.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("PUT {path}: {status}: {}", String::from_utf8_lossy(&text));
        }
        Ok(())
    }

    /// Calls EC2 as the root of `account`.
    ///
    /// # Errors
    /// With AWS's answer, when it refuses.
    pub async fn ec2(
        &self,
        account: &str,
        region: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        self.call(("ec2", "2016-11-15"), account, region, action, parameters).await
    }

    /// Calls Elastic Load Balancing, for Classic Load Balancers, in the same way.
    ///
    /// # Errors
    /// With AWS's answer, when it refuses.
    pub async fn elb(
        &self,
        account: &str,
        region: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let service = ("elasticloadbalancing", "2012-06-01");
        self.call(service, account, region, action, parameters).await
    }

    /// Calls EC2 Auto Scaling in the same way.
    ///
    /// # Errors
    /// With AWS's answer, when it refuses.
    pub async fn auto_scaling(
        &self,
        account: &str,
        region: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        self.call(("autoscaling", "2011-01-01"), account, region, action, parameters).await
    }

    async fn call(
        &self,
        (service, version): (&str, &str),
        account: &str,
        region: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let mut form: BTreeMap<&str, &str> = parameters.iter().copied().collect();
        form.insert("Action", action);
        form.insert("Version", version);
        let body: String =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let scope = format!("{account}/20260101/{region}/{service}/aws4_request");
        let request = hyper::Request::post(&self.endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            )
            .body(Full::from(body))?;
        let answer = self.client.request(request).await?;
        let status = answer.status();
        let text = String::from_utf8(answer.into_body().collect().await?.to_bytes().to_vec())?;
        if !status.is_success() {
            bail!("{action}: {status}: {text}");
        }
        Ok(text)
    }
}
