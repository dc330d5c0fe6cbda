package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
)

const contentPrefix = 32 + 32 + 4

var bodySizes = []int{256, 1 << 10, 2 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 512 << 10, 896 << 10}

// A content is what a body holds.
type content struct {
	salt   []byte
	schema digest
	avro   []byte
}

// parseContent reads a body without its padding, and returns what follows it.
func parseContent(data []byte) (content, []byte, error) {
	if len(data) < contentPrefix {
		return content{}, nil, errors.New("it is too short")
	}
	size, rest := binary.BigEndian.Uint32(data[64:]), data[contentPrefix:]
	if uint64(size) > uint64(len(rest)) {
		return content{}, nil, errors.New("it announces more than is there")
	}
	return content{data[:32], digest(data[32:64]), rest[:size]}, rest[size:], nil
}

// parseBody reads a body of the smallest size that holds its content, filled up with zeros.
func parseBody(body []byte) (content, error) {
	found, padding, err := parseContent(body)
	if err != nil {
		return content{}, err
	}
	used := len(body) - len(padding)
	at := slices.IndexFunc(bodySizes, func(size int) bool { return used <= size })
	if at < 0 || bodySizes[at] != len(body) {
		return content{}, errors.New("it has not the size that its content asks for")
	}
	if len(bytes.Trim(padding, "\x00")) > 0 {
		return content{}, errors.New("its padding is not all zeros")
	}
	return found, nil
}

func (c content) commitment() digest { return taggedHash(commitmentTag, c.salt, c.schema[:], c.avro) }

// readBody returns the content of an unsealed body that a header names.
func readBody(head sectionHead, body []byte) (content, error) {
	if sha256.Sum256(body) != head.bodyDigest {
		return content{}, errors.New("the body is not the one that was signed")
	}
	found, err := parseBody(body)
	if err == nil && found.commitment() != head.commitment {
		err = errors.New("the header commits to other content")
	}
	return found, err
}
