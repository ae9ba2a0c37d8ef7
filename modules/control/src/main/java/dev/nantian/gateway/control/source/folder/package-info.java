/**
 * Objects from YAML and JSON files in a folder.
 *
 * <p>In: the bytes of files. {@link dev.nantian.gateway.control.source.folder.ManifestReader} makes
 * the objects of one file, checked and with positions; {@link
 * dev.nantian.gateway.control.source.folder.FolderState} is the pure merge of all files (who owns
 * an object, which version is in force, what is wrong with which file); {@link
 * dev.nantian.gateway.control.source.folder.FolderSource} watches a real folder and feeds both.
 * Out: {@link dev.nantian.gateway.control.source.SourceEvent}s.
 */
@NullMarked
package dev.nantian.gateway.control.source.folder;

import org.jspecify.annotations.NullMarked;
