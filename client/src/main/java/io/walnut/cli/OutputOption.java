package io.walnut.cli;

import picocli.CommandLine.Option;

/** {@code --output}: what every verb understands that has something to print, a mixin. */
public class OutputOption {
    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "table, json or jsonl (default: ${DEFAULT-VALUE}).")
    Output output;

    /** The form that was asked for. */
    public Output output() {
        return output;
    }
}
