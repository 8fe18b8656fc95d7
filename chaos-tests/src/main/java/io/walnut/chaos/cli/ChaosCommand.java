package io.walnut.chaos.cli;

import io.walnut.cli.Verb;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code walnut chaos}: what tests a cluster's promise from outside. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "VERB",
        description = "Let faults at a cluster, and judge what its clients saw.",
        subcommands = {
            RunCommand.class,
            ListCommand.class,
            ReplayCommand.class,
            CheckCommand.class,
            ExportCommand.class,
            ScorecardCommand.class
        })
public final class ChaosCommand implements Runnable, Verb {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "say what to do: run, list, replay, check, export or scorecard");
    }
}
