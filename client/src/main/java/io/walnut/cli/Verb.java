package io.walnut.cli;

/**
 * A verb that another module adds to the program: an object annotated with picocli's {@code @Command}, found by
 * {@link java.util.ServiceLoader}.
 */
public interface Verb {}
