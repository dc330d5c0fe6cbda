package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"regexp"
	"slices"
)

const (
	maxFileBytes = 64 << 20
	maxFiles     = 20_000
	maxNameBytes = 200
	manifestFile = "evidence.json"

	localBytes   = 30
	centralBytes = 46
)

var isFileName = regexp.MustCompile(`\A[A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\z`).MatchString

// A stored file is one in the archive, and where it begins.
type stored struct {
	name    string
	content []byte
	offset  int
}

// parseContainer returns the files of a ZIP archive that has exactly one form: nothing compressed, nothing beside the
// names and contents that could differ. Every header is made anew from what it heads, and has to be the same.
func parseContainer(raw []byte) (map[string][]byte, error) {
	if len(raw) > maxFileBytes {
		return nil, errors.New("it is too large")
	}
	found, end, err := parseStored(raw)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(raw[end:], trailer(found, end)) {
		return nil, errors.New("what stands behind its files is not the directory of them")
	}
	files := make(map[string][]byte, len(found))
	var names []string
	for _, one := range found {
		files[one.name] = one.content
		names = append(names, one.name)
	}
	if len(files) != len(found) || len(names) == 0 || names[0] != manifestFile || !slices.IsSorted(names[1:]) {
		return nil, errors.New("its files are not evidence.json and then the others by name, each once")
	}
	return files, nil
}

// parseStored returns the files and where the last one ends.
func parseStored(raw []byte) ([]stored, int, error) {
	var found []stored
	at := 0
	for len(raw)-at >= localBytes && bytes.HasPrefix(raw[at:], []byte("PK\x03\x04")) {
		size := int64(binary.LittleEndian.Uint32(raw[at+22:]))
		nameEnd := at + localBytes + int(binary.LittleEndian.Uint16(raw[at+26:]))
		if int64(nameEnd)+size > int64(len(raw)) || len(found) == maxFiles {
			return nil, 0, errors.New("it is cut off, or has too many files")
		}
		end := nameEnd + int(size)
		one := stored{string(raw[at+localBytes : nameEnd]), raw[nameEnd:end], at}
		if len(one.name) > maxNameBytes || !isFileName(one.name) {
			return nil, 0, fmt.Errorf("%.60q is no name of a file in it", one.name)
		}
		if !bytes.Equal(raw[at:nameEnd], one.local()) {
			return nil, 0, fmt.Errorf("the header of %s is not the one of its content", one.name)
		}
		found, at = append(found, one), end
	}
	return found, at, nil
}

// fields returns what the two headers of a file share: version, flags, method, time, date, checksum, sizes, lengths.
func (s stored) fields() []byte {
	out := little16(nil, 20, 0, 0, 0, 0x21)
	size := uint32(len(s.content))
	out = little32(out, crc32.ChecksumIEEE(s.content), size, size)
	return little16(out, uint16(len(s.name)), 0)
}

func (s stored) local() []byte {
	return append(append([]byte("PK\x03\x04"), s.fields()...), s.name...)
}

func (s stored) central() []byte {
	out := little16([]byte("PK\x01\x02"), 3<<8|20)
	out = append(out, s.fields()...)
	out = little16(out, 0, 0, 0)
	out = little32(out, 0o100644<<16, uint32(s.offset))
	return append(out, s.name...)
}

// trailer returns the central directory of files that end at a place, and the end of the archive.
func trailer(files []stored, start int) []byte {
	out := make([]byte, 0, len(files)*2*centralBytes)
	for _, one := range files {
		out = append(out, one.central()...)
	}
	size, count := uint32(len(out)), uint16(len(files))
	out = little16(append(out, "PK\x05\x06"...), 0, 0, count, count)
	return little16(little32(out, size, uint32(start)), 0)
}

func little16(out []byte, values ...uint16) []byte {
	for _, value := range values {
		out = binary.LittleEndian.AppendUint16(out, value)
	}
	return out
}

func little32(out []byte, values ...uint32) []byte {
	for _, value := range values {
		out = binary.LittleEndian.AppendUint32(out, value)
	}
	return out
}
