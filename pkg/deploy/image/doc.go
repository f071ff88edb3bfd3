// Package image makes OCI images of one program each, from nothing: no Docker, no base image, no network.
//
// [New] makes an [Image] from a [Spec]. It is an index of one image for each architecture, with one layer each that holds the
// program and the directories it may write to. The same programs and the same Spec give the same bytes, whenever and wherever:
// no times, one owner, one order. So [Image.Digest] is known before anything is pushed, and names what runs. The image goes to a
// registry with [Image.Push], to Docker with [Image.WriteTarball], and to a directory with [Image.WriteLayout].
//
// An image has neither a shell nor certificates nor time zones: a program brings along what it needs (for a Go program
// golang.org/x/crypto/x509roots/fallback and time/tzdata). Programs are not built here.
//
// An Image does not change and may be used concurrently.
package image
