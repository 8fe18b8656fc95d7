package io.walnut.cli;

import io.walnut.client.Walnut;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;
import picocli.CommandLine.TypeConversionException;

/** What every verb that talks to a cluster understands. */
final class ClientOptions extends OutputOption {
    static final String DEFAULT_ENDPOINTS = "127.0.0.1:7420";

    @Spec(Target.MIXEE)
    CommandSpec spec;

    @Option(
            names = "--endpoints",
            paramLabel = "HOST:PORT,...",
            defaultValue = "${env:WALNUT_ENDPOINTS:-" + DEFAULT_ENDPOINTS + "}",
            description = "Some nodes of the cluster (WALNUT_ENDPOINTS; default: " + DEFAULT_ENDPOINTS + ").")
    String endpoints;

    @Option(
            names = "--deadline",
            paramLabel = "TIME",
            defaultValue = "30s",
            converter = TimeConverter.class,
            description = "How long a call may take in all, retries included (default: ${DEFAULT-VALUE}).")
    Duration deadline;

    @Option(
            names = {"-v", "--debug"},
            description = "Show the stack trace of a failure.")
    boolean debug;

    /** No node is named but the one that is taken when none is. */
    boolean isDefault() {
        return endpoints.equals(DEFAULT_ENDPOINTS);
    }

    Walnut connect(Terminal terminal) {
        try {
            return terminal.connect().apply(endpoints, deadline);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** {@code 500ms}, {@code 30s}, {@code 2m}. */
    static final class TimeConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            java.util.regex.Matcher matcher =
                    java.util.regex.Pattern.compile("([0-9]{1,9})(ms|s|m)").matcher(text);
            if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
                throw new TypeConversionException(
                        "'" + text + "' is not a time; expected something like 500ms, 30s or 2m");
            }
            long number = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(number);
                case "s" -> Duration.ofSeconds(number);
                default -> Duration.ofMinutes(number);
            };
        }
    }
}
