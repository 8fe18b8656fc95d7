package io.walnut.cli;

import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said of a wrong command line: one line, in words of the command line and not of the program. */
final class UsageErrors {
    private UsageErrors() {}

    /** Has all commands below this one tell their errors so. */
    static void install(CommandLine walnut) {
        walnut.setParameterExceptionHandler(UsageErrors::told);
        ITypeConverter<Integer> ints = text -> (int) number(text, Integer.MAX_VALUE);
        ITypeConverter<Long> longs = text -> number(text, Long.MAX_VALUE);
        walnut.registerConverter(int.class, ints);
        walnut.registerConverter(Integer.class, ints);
        walnut.registerConverter(long.class, longs);
        walnut.registerConverter(Long.class, longs);
        walnut.registerConverter(Output.class, UsageErrors::output);
    }

    /** For a command that only has verbs. */
    static ParameterException verbMissing(CommandSpec spec) {
        String verbs = spec.subcommands().values().stream()
                .distinct()
                .filter(verb -> !verb.getCommandSpec().usageMessage().hidden())
                .map(CommandLine::getCommandName)
                .collect(Collectors.joining(", "));
        return new ParameterException(spec.commandLine(), "a verb is missing; expected one of " + verbs);
    }

    /** Throws when the number given for the option or parameter is too small. */
    static void require(CommandSpec spec, String name, long value, long min) {
        if (value < min) {
            throw new ParameterException(spec.commandLine(), name + " is " + value + "; expected " + min + " or more");
        }
    }

    private static int told(ParameterException wrong, String[] arguments) {
        CommandLine command = wrong.getCommandLine();
        CommandSpec spec = command.getCommandSpec();
        command.getErr().println("walnut: " + text(wrong) + "; see '" + spec.qualifiedName(" ") + " --help'");
        command.getErr().flush();
        return spec.exitCodeOnInvalidInput();
    }

    private static String text(ParameterException wrong) {
        if (wrong instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            return unmatched(unmatched);
        }
        String text = String.valueOf(wrong.getMessage())
                .replaceAll("\\s*\\R\\s*", " ")
                .replace("option option", "option")
                .replaceAll("positional parameter at index \\S+ \\((\\w+)\\)", "$1");
        // A sentence begins in lower case after the name of the program; a parameter is called as the help calls it.
        return text.matches("[A-Z][a-z ].*") ? text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1) : text;
    }

    private static String unmatched(UnmatchedArgumentException unmatched) {
        CommandSpec spec = unmatched.getCommandLine().getCommandSpec();
        String found = unmatched.getUnmatched().get(0);
        String kind = unmatched.isUnknownOption()
                ? "unknown option"
                : spec.subcommands().isEmpty() ? "unexpected argument" : "unknown verb";
        // Picocli always finds something that is similar in some way; what people mistype is rarely its beginning.
        String beginning = found.substring(0, Math.min(found.startsWith("--") ? 4 : 2, found.length()));
        return kind + " '" + found + "'"
                + unmatched.getSuggestions().stream()
                        .filter(similar -> similar.startsWith(beginning))
                        .findFirst()
                        .map(similar -> " (did you mean '" + similar + "'?)")
                        .orElse("");
    }

    private static long number(String text, long max) {
        try {
            long number = Long.parseLong(text);
            if (number <= max && number >= -max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a whole number");
        }
        throw new TypeConversionException("'" + text + "' is too large; expected at most " + max);
    }

    private static Output output(String text) {
        try {
            return Output.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + text + "' is not a format; expected table, json or jsonl");
        }
    }
}
