package io.walnut.node.config;

/** The configuration cannot be used. The message is for the person who wrote it. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    ConfigException(String message) {
        super(message);
    }
}
