package io.walnut.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The options of {@link ClientOptions} before the verb: they hold for it unless it has its own. */
final class GlobalOptions {
    @Option(names = "--endpoints", paramLabel = "HOST:PORT,...", description = "As after a verb.")
    @Nullable
    String endpoints;

    @Option(
            names = "--deadline",
            paramLabel = "TIME",
            converter = ClientOptions.TimeConverter.class,
            description = "As after a verb.")
    @Nullable
    Duration deadline;

    @Option(names = "--output", paramLabel = "FORMAT", description = "As after a verb.")
    @Nullable
    Output output;

    @Option(
            names = {"-v", "--debug"},
            description = "As after a verb.")
    boolean debug;

    /** Gives what stands before the verb to the verb. */
    static void inherit(ParseResult top) {
        ParseResult verb = verb(top);
        GlobalOptions global = mixin(top.commandSpec(), GlobalOptions.class);
        OutputOption form = mixin(verb.commandSpec(), OutputOption.class);
        if (global != null && form != null && global.output != null && !verb.hasMatchedOption("--output")) {
            form.output = global.output;
        }
        ClientOptions own = mixin(verb.commandSpec(), ClientOptions.class);
        if (global == null || own == null) {
            return;
        }
        if (global.endpoints != null && !verb.hasMatchedOption("--endpoints")) {
            own.endpoints = global.endpoints;
        }
        if (global.deadline != null && !verb.hasMatchedOption("--deadline")) {
            own.deadline = global.deadline;
        }
        own.debug |= global.debug;
    }

    /** What the verb was told about the cluster; null when it talks to none. */
    static @Nullable ClientOptions ofVerb(ParseResult top) {
        return mixin(verb(top).commandSpec(), ClientOptions.class);
    }

    private static ParseResult verb(ParseResult top) {
        ParseResult verb = top;
        while (verb.hasSubcommand()) {
            verb = verb.subcommand();
        }
        return verb;
    }

    private static <T> @Nullable T mixin(CommandSpec spec, Class<T> type) {
        return spec.mixins().values().stream()
                .map(CommandSpec::userObject)
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElse(null);
    }
}
