package io.walnut.chaos.export;

import io.walnut.chaos.history.Events;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A form in which another program reads a history. */
public interface Form {
    /** Writes one history. */
    interface Writer extends Events.Listener, Closeable {
        /** What it has written, or will have when it is closed. */
        List<Path> files();
    }

    /** As it is chosen by. */
    String name();

    /** In a sentence: who reads it. */
    String text();

    /**
     * How many operations it gets if nothing else is said: what those who read it can take. The history is cut after them, as if all
     * had stopped at that moment, which leaves a right history right.
     */
    long limit();

    /** Begins its files in an existing directory, in place of those that may be there. */
    Writer open(Path directory) throws IOException;
}
