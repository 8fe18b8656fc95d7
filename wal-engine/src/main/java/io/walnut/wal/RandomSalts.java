package io.walnut.wal;

import java.security.SecureRandom;
import java.util.function.IntSupplier;

/** Salts that nobody can guess, so that no payload can be made to look like a frame. */
final class RandomSalts implements IntSupplier {
    static final RandomSalts INSTANCE = new RandomSalts();

    private final SecureRandom random = new SecureRandom();

    private RandomSalts() {}

    @Override
    public int getAsInt() {
        return random.nextInt();
    }
}
