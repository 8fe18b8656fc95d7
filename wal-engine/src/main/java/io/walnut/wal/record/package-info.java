/**
 * What a user puts into a batch: records with a key, headers, a value and a time; puts and deletes. The bytes are those of the
 * protocol's {@code RecordBatch} message, written and read without Protobuf:
 *
 * <pre>
 *  batch   | 0A | length v | record |  ...                    v: base-128 variable-length integer, low group first
 *
 *  record  [ 0A | length v | key ]                            absent: the record has none
 *          [ 12 | length v | value ]                          absent: empty
 *          [ 1A | length v | header ] ...                     in their order
 *          [ 20 | time v ]                                    milliseconds since the epoch; absent: that of the batch
 *          [ 28 | 01 ]                                        deletes the key; there is no value then
 *          [ 30 | time to live v ]                            milliseconds; absent: for ever
 *  header  [ 0A | length v | name, UTF-8 ] [ 12 | length v | value ]
 * </pre>
 *
 * A field of another number is skipped: so later versions may add some. Imports nothing of the engine.
 */
@NullMarked
package io.walnut.wal.record;

import org.jspecify.annotations.NullMarked;
