//! `epmesh`: the coordinator and the operator's command line.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use clap::Parser;
use epmesh::{
    cli::{Arguments, Command, ConfigCommand, Exit, ServeArguments, ask},
    config::{ConfigError, ServeOptions},
    serve::serve,
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let exit = match arguments.command {
        Command::Serve(serve) => run(serve).await,
        Command::Config(ConfigCommand::Check { file }) => match ServeOptions::load(&file) {
            Ok(_) => {
                println!("{}: no problems found", file.display());
                Exit::Healthy
            }
            Err(error) => refuse(&error),
        },
        _ => ask(arguments, &mut io::stdout().lock()).await,
    };
    exit.into()
}

async fn run(arguments: ServeArguments) -> Exit {
    let filter = match EnvFilter::builder().parse(&arguments.log) {
        Ok(filter) => filter,
        Err(error) => {
            eprintln!("epmesh: --log {:?}: {error}", arguments.log);
            return Exit::Usage;
        }
    };
    let options = match options(arguments) {
        Ok(options) => options,
        Err(error) => return refuse(&error),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    let shutdown = CancellationToken::new();
    tokio::spawn(stop_on_signal(shutdown.clone()));
    let (ready, _) = oneshot::channel();
    match serve(options, shutdown, ready).await {
        Ok(()) => Exit::Healthy,
        Err(error) => {
            eprintln!("epmesh: {error:#}");
            Exit::Failed
        }
    }
}

/// The configuration file, if there is one, with the flags over it.
fn options(arguments: ServeArguments) -> Result<ServeOptions, ConfigError> {
    let mut options = match &arguments.config {
        Some(file) => ServeOptions::load(file)?,
        None => ServeOptions::new("/var/lib/epmesh".into(), ServeOptions::default_listen()),
    };
    if let Some(data_dir) = arguments.data_dir {
        options.data_dir = data_dir;
    }
    options.listen = arguments.listen.unwrap_or(options.listen);
    options.web = arguments.web.or(options.web);
    if let Some(interval) = arguments.interval {
        options.interval = interval;
    }
    Ok(options)
}

fn refuse(error: &ConfigError) -> Exit {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text = format!("{text}: {source}");
    }
    eprintln!("{text}");
    Exit::Usage
}

/// Stops on Ctrl-C and, where there is such a thing, on SIGTERM.
async fn stop_on_signal(shutdown: CancellationToken) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            },
            Err(_) => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
    shutdown.cancel();
}
