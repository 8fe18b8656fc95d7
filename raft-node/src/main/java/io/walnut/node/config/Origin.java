package io.walnut.node.config;

import java.nio.file.Path;

/** Where a value was found; printed in messages and by {@code --print-config}. */
sealed interface Origin {
    /** A flag of the command line. */
    record Flag(String name) implements Origin {
        @Override
        public String toString() {
            return "flag " + name;
        }
    }

    /** A variable of the environment. */
    record Environment(String variable) implements Origin {
        @Override
        public String toString() {
            return "environment variable " + variable;
        }
    }

    /** A place in the file; line and column count from 1. */
    record File(Path path, int line, int column) implements Origin {
        @Override
        public String toString() {
            return path + " line " + line + " column " + column;
        }
    }

    /** Nobody said anything. */
    record Default() implements Origin {
        @Override
        public String toString() {
            return "default";
        }
    }
}
