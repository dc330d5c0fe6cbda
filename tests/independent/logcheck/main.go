// Command logcheck asks another implementation, golang.org/x/mod/sumdb, about checkpoints, proofs and tiles.
//
// It reads a JSON array of questions from standard input and answers with a JSON array of the same length: the empty
// string where something holds, else what is wrong with it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A question is about one thing; Ask says which, and so which of the other fields have to be there.
type question struct {
	Ask string `json:"ask"` // "checkpoint", "inclusion", "consistency" or "tiles"

	Checkpoint string `json:"checkpoint"` // the signed note
	Key        string `json:"key"`        // the verifier key that has to have signed it
	Origin     string `json:"origin"`     // whose log it has to be

	Size  int64    `json:"size"`  // of the tree
	Root  string   `json:"root"`  // of the tree, base64
	Index int64    `json:"index"` // of the entry, from 0
	Entry []byte   `json:"entry"` // its bytes, base64 in JSON
	Proof []string `json:"proof"` // base64 of each hash

	OldSize int64  `json:"old_size"`
	OldRoot string `json:"old_root"`

	Folder string `json:"folder"` // of the log
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "logcheck:", err)
		os.Exit(2)
	}
}

func run(in io.Reader, out io.Writer) error {
	var questions []question
	decoder := json.NewDecoder(in)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&questions); err != nil {
		return err
	}
	answers := make([]string, len(questions))
	for i, one := range questions {
		if err := one.answer(); err != nil {
			answers[i] = err.Error()
		}
	}
	return json.NewEncoder(out).Encode(answers)
}

func (q question) answer() error {
	switch q.Ask {
	case "checkpoint":
		_, err := q.open()
		return err
	case "inclusion":
		return q.checkInclusion()
	case "consistency":
		return q.checkConsistency()
	case "tiles":
		return q.checkTiles()
	}
	return fmt.Errorf("%q is no question", q.Ask)
}

// open returns the tree of the signed checkpoint.
func (q question) open() (tlog.Tree, error) {
	verifier, err := note.NewVerifier(q.Key)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open([]byte(q.Checkpoint), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != q.Origin {
		return tlog.Tree{}, errors.New("no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("no size: %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func (q question) checkInclusion() error {
	root, err := tlog.ParseHash(q.Root)
	if err != nil {
		return err
	}
	proof, err := hashes(q.Proof)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, q.Size, root, q.Index, tlog.RecordHash(q.Entry))
}

func (q question) checkConsistency() error {
	root, err := tlog.ParseHash(q.Root)
	if err != nil {
		return err
	}
	oldRoot, err := tlog.ParseHash(q.OldRoot)
	if err != nil {
		return err
	}
	proof, err := hashes(q.Proof)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, q.Size, root, q.OldSize, oldRoot)
}

func hashes(texts []string) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		found[i] = hash
	}
	return found, nil
}

// checkTiles opens the checkpoint in the folder and has every entry's hash proved by the tiles in it.
func (q question) checkTiles() error {
	checkpoint, err := os.ReadFile(filepath.Join(q.Folder, "checkpoint"))
	if err != nil {
		return err
	}
	q.Checkpoint = string(checkpoint)
	tree, err := q.open()
	if err != nil || tree.N == 0 {
		return err
	}
	log := folder(q.Folder)
	reader := tlog.TileHashReader(tree, log)
	for start := int64(0); start < tree.N; start += width {
		if err := log.checkBundle(reader, start, min(start+width, tree.N)); err != nil {
			return err
		}
	}
	return nil
}

const (
	height = 8
	width  = 1 << height
)

// A folder holds a log as tlog-tiles; it is a [tlog.TileReader].
type folder string

func (f folder) Height() int { return height }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := f.read(tile)
		if err != nil {
			return nil, err
		}
		found[i] = data
	}
	return found, nil
}

// read returns a tile, out of the full one where the partial one is not kept any more.
func (f folder) read(tile tlog.Tile) ([]byte, error) {
	whole := tile
	whole.W = width
	data, err := os.ReadFile(f.path(tile))
	if errors.Is(err, os.ErrNotExist) && tile.W < width {
		data, err = os.ReadFile(f.path(whole))
		if err == nil && len(data) != width*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", whole.Path(), len(data))
		}
		data = data[:min(len(data), tile.W*tlog.HashSize)]
	}
	return data, err
}

// path leaves out the height of the tiles, which x/mod has in its paths and tlog-tiles does not.
func (f folder) path(tile tlog.Tile) string {
	name := tile.Path()
	if tile.L == -1 {
		name = strings.Replace(name, "tile/8/data/", "tile/entries/", 1)
	} else {
		name = strings.Replace(name, "tile/8/", "tile/", 1)
	}
	return filepath.Join(string(f), filepath.FromSlash(name))
}

// checkBundle checks that the entries from start to end are those that the tiles prove.
func (f folder) checkBundle(reader tlog.HashReader, start, end int64) error {
	tile := tlog.Tile{H: height, L: -1, N: start / width, W: int(end - start)}
	bundle, err := os.ReadFile(f.path(tile))
	if errors.Is(err, os.ErrNotExist) {
		tile.W = width
		bundle, err = os.ReadFile(f.path(tile))
	}
	if err != nil {
		return err
	}
	indexes := make([]int64, 0, width)
	for index := start; index < end; index++ {
		indexes = append(indexes, tlog.StoredHashIndex(0, index))
	}
	proved, err := reader.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, hash := range proved {
		var entry []byte
		if entry, bundle, err = cut(bundle); err != nil {
			return fmt.Errorf("entry %d: %w", start+int64(i), err)
		}
		if tlog.RecordHash(entry) != hash {
			return fmt.Errorf("entry %d is not the one that the tiles prove", start+int64(i))
		}
	}
	return nil
}

// cut returns the first entry of a bundle and what follows it.
func cut(bundle []byte) (entry, rest []byte, err error) {
	if len(bundle) < 2 {
		return nil, nil, errors.New("the bundle ends before it")
	}
	size := int(bundle[0])<<8 | int(bundle[1])
	if len(bundle) < 2+size {
		return nil, nil, errors.New("the bundle ends within it")
	}
	return bundle[2 : 2+size], bundle[2+size:], nil
}
