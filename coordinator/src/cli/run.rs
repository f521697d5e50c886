//! Asking, printing, and the exit status.

use std::{
    fs::File,
    io::{BufReader, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use epmesh_common::{
    diagnosis::{Link, State, diagnose},
    facts::Timestamp,
    rpc::names,
};
use epmesh_proto::v1::{
    AlertsRequest, CreateTokenRequest, DcsRequest, DiagnoseRequest, DomainScope, EndpointsRequest,
    ExportBundleRequest, FactsRequest, LinksRequest, ReleaseRequest, RevokeRequest,
    create_token_request::Scope,
};
use serde::Serialize;

use super::{
    args::{
        AlertsCommand, Arguments, BundleCommand, ClientArguments, Command, DiagnoseArguments,
        Output, TokenCommand,
    },
    client::{Client, ClientError, parse},
    explain, facts, incidents, join, render, scenario,
};
use crate::{
    clock,
    fleet::{DcStatus, View},
    query::{AlertRow, Diagnosis, Endpoints, LinkRow, NewToken, OwnFacts},
};

/// The exit status of `epmesh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Healthy, or done.
    Healthy = 0,
    /// A link is failing or latent.
    Failing = 1,
    /// Usage or configuration.
    Usage = 2,
    /// The coordinator cannot be reached.
    Unreachable = 3,
    /// The evidence does not decide.
    Unknown = 4,
}

impl Exit {
    pub(super) fn of(states: impl IntoIterator<Item = State>) -> Self {
        let mut exit = Self::Healthy;
        for state in states {
            match state {
                State::Failing | State::Latent => return Self::Failing,
                State::Unknown => exit = Self::Unknown,
                State::Healthy => {}
            }
        }
        exit
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        // The discriminants are the exit status, 0 to 4.
        Self::from(exit as u8)
    }
}

/// Does what the command line says, except `serve` and `config`, and says how it went. Answers go
/// to `out`, errors to standard error.
pub async fn ask(arguments: Arguments, out: &mut impl Write) -> Exit {
    match answer(arguments, out).await {
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
        Command::Diagnose(what) => {
            if let Some(run) = what.from.as_deref().map(scenario::read).transpose()?.flatten() {
                return scenario::answer(&run, &what, out, output, width);
            }
            let (diagnosis, at) = match &what.from {
                Some(file) => offline(file, &what)?,
                None => (online(&client, what).await?, now),
            };
            let Diagnosis { verdict, silent } = &diagnosis;
            print(out, output, verdict, || render::verdict(verdict, silent, at, width))?;
            Ok(Exit::of([verdict.state]))
        }
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
            let lines = export(&mut client, &file).await?;
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

pub(super) fn reply<T>(answer: Result<T, tonic::Status>) -> Result<T, ClientError> {
    answer.map_err(ClientError::from)
}

async fn online(client: &ClientArguments, what: DiagnoseArguments) -> anyhow::Result<Diagnosis> {
    let mut client = Client::connect(client).await?;
    let request = DiagnoseRequest {
        // The command line has both, but for `--from`.
        destination: what.destination.unwrap_or_default(),
        source: what.source.unwrap_or_default(),
        interface: what.interface,
        now: what.now,
    };
    Ok(parse(reply(client.query.diagnose(request).await)?)?)
}

/// The verdict that a bundle gives, at the moment it was written.
fn offline(file: &Path, what: &DiagnoseArguments) -> anyhow::Result<(Diagnosis, Timestamp)> {
    let name = file.display();
    let opened = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
    let (view, at) = View::import(BufReader::new(opened))
        .with_context(|| format!("{name} cannot be read as a bundle"))?;
    let interface = names::find(&what.interface)
        .with_context(|| format!("no interface {:?} is known", what.interface))?;
    let (Some(destination), Some(source)) = (&what.destination, &what.source) else {
        anyhow::bail!("a bundle holds many links: name the destination and the source DC too");
    };
    let link = Link { destination: view.find(destination)?, source: view.find(source)?, interface };
    let verdict = diagnose(&view.evidence(&link, at), at);
    Ok((Diagnosis { verdict, silent: Vec::new() }, at))
}

/// Writes a bundle to a file that must not exist, and leaves none behind that is not whole.
async fn export(client: &mut Client, file: &Path) -> anyhow::Result<usize> {
    let name = file.display();
    let mut lines = reply(client.query.export_bundle(ExportBundleRequest {}).await)?.into_inner();
    let mut made = File::create_new(file).with_context(|| format!("{name} cannot be made"))?;
    let mut count = 0_usize;
    let written = async {
        while let Some(line) = reply(lines.message().await)? {
            made.write_all(&line.json)?;
            made.write_all(b"\n")?;
            count += 1;
        }
        made.sync_all()?;
        anyhow::Ok(())
    };
    if let Err(error) = written.await {
        // What is left of it is of no use; that it cannot be removed either is said by the error.
        let _ = std::fs::remove_file(file);
        return Err(error.context(format!("{name} could not be written")));
    }
    // The first line is the header.
    Ok(count.saturating_sub(1))
}

pub(super) fn print(
    out: &mut impl Write,
    output: Output,
    document: &impl Serialize,
    text: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    match output {
        Output::Json => {
            serde_json::to_writer_pretty(&mut *out, document)?;
            out.write_all(b"\n")?;
        }
        Output::Table => out.write_all(harmless(text()).as_bytes())?,
    }
    Ok(())
}

/// Without what would move a terminal's cursor, change its colours or turn the direction of its text: files
/// and hosts that nobody vouches for are quoted.
fn harmless(text: String) -> String {
    let harms = |c: char| {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (c.is_control() && c != '\n') || turns
    };
    if !text.contains(harms) {
        return text;
    }
    let shown = |c: char| match c {
        '\t' => ' ',
        c if harms(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

/// The width of the terminal: as the environment tells it, else as the terminal does, where there is one.
fn terminal_width() -> Option<u16> {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size().map(|(terminal_size::Width(width), _)| width);
    told.or_else(seen).filter(|width| (40..=1_000).contains(width))
}
