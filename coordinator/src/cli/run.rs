//! Asking: a command, its answer, and the exit status.

use std::io::Write;

use epmesh_proto::v1::{
    AlertsRequest, CreateTokenRequest, DcsRequest, DomainScope, EndpointsRequest, FactsRequest,
    LinksRequest, ReleaseRequest, RevokeRequest, create_token_request::Scope,
};

use futures_util::future::LocalBoxFuture;

use super::{
    args::{AlertsCommand, Arguments, BundleCommand, Command, TokenCommand},
    bundle,
    client::{Client, ClientError, parse, reply},
    diagnose,
    exit::Exit,
    explain, facts, incidents, join,
    output::{print, terminal_width},
    render,
};
use crate::{
    clock,
    fleet::DcStatus,
    query::{AlertRow, Endpoints, LinkRow, NewToken, OwnFacts},
};

/// Does what the command line says, except `serve` and `config`, and says how it went. Answers go
/// to `out`, errors to standard error. The future is boxed, and so compiled here once, and not again in each
/// program that awaits it.
pub fn ask(arguments: Arguments, out: &mut dyn Write) -> LocalBoxFuture<'_, Exit> {
    Box::pin(asked(arguments, out))
}

async fn asked(arguments: Arguments, mut out: &mut dyn Write) -> Exit {
    match answer(arguments, &mut out).await {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("epmesh: {error:#}");
            match error.downcast_ref::<ClientError>() {
                Some(client) if client.is_unreachable() => Exit::Unreachable,
                _ => Exit::Usage,
            }
        }
    }
}

async fn answer(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<Exit> {
    let Arguments { command, output, client } = arguments;
    let width = terminal_width();
    let now = clock::now();
    match command {
        Command::Dcs => {
            let mut client = Client::connect(&client).await?;
            let rows: Vec<DcStatus> = parse(reply(client.query.dcs(DcsRequest {}).await)?)?;
            print(out, output, &rows, || render::dcs(&rows, now, width))?;
            Ok(Exit::Healthy)
        }
        Command::Links { failing } => {
            let mut client = Client::connect(&client).await?;
            let request = LinksRequest { failing };
            let rows: Vec<LinkRow> = parse(reply(client.query.links(request).await)?)?;
            print(out, output, &rows, || render::links(&rows, failing, width))?;
            Ok(Exit::of(rows.iter().map(|row| row.state)))
        }
        Command::Diagnose(what) if what.join => {
            let answer = join::answer(&client, &what).await?;
            print(out, output, &answer, || join::render(&answer, now, width))?;
            Ok(Exit::of([answer.verdict.state]))
        }
        Command::Diagnose(what) => diagnose::answer(&client, what, now, width, out, output).await,
        Command::Explain { file, offline } => {
            let answer = explain::answer(&file, offline, &client).await?;
            print(out, output, &answer, || explain::render(&answer, width))?;
            Ok(explain::exit(&answer, offline))
        }
        Command::Endpoints { dc } => {
            let mut client = Client::connect(&client).await?;
            let request = EndpointsRequest { dc };
            let answer: Endpoints = parse(reply(client.query.endpoints(request).await)?)?;
            print(out, output, &answer, || render::endpoints(&answer, now, width))?;
            Ok(Exit::Healthy)
        }
        Command::Facts { dc, section } => {
            let mut client = Client::connect(&client).await?;
            let request = FactsRequest { dc };
            let mut answer: OwnFacts = parse(reply(client.query.facts(request).await)?)?;
            answer.keep(&section);
            print(out, output, &answer, || facts::render(&answer, now))?;
            Ok(Exit::Healthy)
        }
        Command::Bundle(BundleCommand::Export { file }) => {
            let mut client = Client::connect(&client).await?;
            let lines = bundle::export(&mut client, &file).await?;
            writeln!(out, "{lines} domain controllers written to {}", file.display())?;
            Ok(Exit::Healthy)
        }
        Command::Alerts(AlertsCommand::List) => {
            let mut client = Client::connect(&client).await?;
            let rows: Vec<AlertRow> = parse(reply(client.query.alerts(AlertsRequest {}).await)?)?;
            print(out, output, &rows, || render::alerts(&rows, now, width))?;
            Ok(Exit::Healthy)
        }
        Command::Incidents { all } => {
            let mut client = Client::connect(&client).await?;
            let list = incidents::list(&mut client, all).await?;
            print(out, output, &list, || incidents::render_list(&list, all, now, width))?;
            Ok(incidents::exit(&list))
        }
        Command::Incident(what) => {
            let mut client = Client::connect(&client).await?;
            let (incident, exit) = incidents::answer(&mut client, what).await?;
            print(out, output, &incident, || incidents::render(&incident, now, width))?;
            Ok(exit)
        }
        Command::Token(TokenCommand::Create { ttl, dc, domain, count }) => {
            let mut client = Client::connect(&client).await?;
            let scope = match (dc, domain) {
                (Some(dc), _) => Some(Scope::Dc(dc)),
                (None, Some(domain)) => Some(Scope::Domain(DomainScope { domain, count })),
                (None, None) => None,
            };
            let request = CreateTokenRequest { ttl_seconds: ttl.as_secs(), scope };
            let token: NewToken = parse(reply(client.operate.create_token(request).await)?)?;
            print(out, output, &token, || render::token(&token))?;
            Ok(Exit::Healthy)
        }
        Command::Release { dc } => {
            let mut client = Client::connect(&client).await?;
            let request = ReleaseRequest { dc };
            let dc: String = parse(reply(client.operate.release(request).await)?)?;
            print(out, output, &dc, || format!("{dc} can be enrolled again\n"))?;
            Ok(Exit::Healthy)
        }
        Command::Revoke { dc } => {
            let mut client = Client::connect(&client).await?;
            let request = RevokeRequest { dc };
            let dc: String = parse(reply(client.operate.revoke(request).await)?)?;
            let words = || format!("{dc} is barred until `epmesh release {dc}`\n");
            print(out, output, &dc, words)?;
            Ok(Exit::Healthy)
        }
        Command::Serve(_) | Command::Config(_) => anyhow::bail!("not a question to a coordinator"),
    }
}
