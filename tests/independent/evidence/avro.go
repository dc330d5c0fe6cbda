package main

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// A reader reads the one encoding that each value has. The first mistake stays; what is read after it is nothing.
type reader struct {
	data []byte
	at   int
	err  error
}

// latest is the last microsecond of the year 9999, counted from 1970.
const latest = 253402300799999999

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("byte %d: %s", r.at, fmt.Sprintf(format, args...))
	}
}

func (r *reader) left() int { return len(r.data) - r.at }

// long reads a zig-zag varint of its shortest length.
func (r *reader) long() int64 {
	var raw uint64
	for shift := 0; r.err == nil; shift += 7 {
		if r.left() == 0 || shift > 63 {
			r.fail("a number does not end")
			break
		}
		one := r.data[r.at]
		r.at++
		if shift == 63 && one > 1 {
			r.fail("a number has more than 64 bits")
		}
		raw |= uint64(one&0x7f) << shift
		if one < 0x80 {
			if one == 0 && shift > 0 {
				r.fail("a number is not written in its shortest form")
			}
			return int64(raw>>1) ^ -int64(raw&1)
		}
	}
	return 0
}

// between reads a number of a range.
func (r *reader) between(least, most int64) int64 {
	value := r.long()
	if value < least || value > most {
		r.fail("%d is not between %d and %d", value, least, most)
		return least
	}
	return value
}

func (r *reader) int32() int64 { return r.between(math.MinInt32, math.MaxInt32) }

// time reads microseconds since 1970.
func (r *reader) time() int64 { return r.between(0, latest) }

// optionalTime reads microseconds since 1970; nil for null.
func (r *reader) optionalTime() *int64 {
	if !r.present() {
		return nil
	}
	value := r.time()
	return &value
}

// symbol reads the number of one of so many symbols.
func (r *reader) symbol(count int) int { return int(r.between(0, int64(count)-1)) }

// present reads the branch of a union with null.
func (r *reader) present() bool { return r.symbol(2) == 1 }

func (r *reader) boolean() bool {
	one := r.fixed(1)
	if one[0] > 1 {
		r.fail("%d is neither false nor true", one[0])
	}
	return one[0] == 1
}

// fixed reads bytes; as many zeros after a mistake.
func (r *reader) fixed(size int) []byte {
	if r.err == nil && size > r.left() {
		r.fail("%d bytes were announced, %d are left", size, r.left())
	}
	if r.err != nil {
		return make([]byte, min(size, len(digest{})))
	}
	r.at += size
	return r.data[r.at-size : r.at]
}

func (r *reader) digest() digest { return digest(r.fixed(len(digest{}))) }

func (r *reader) keyID() keyID { return keyID(r.fixed(len(keyID{}))) }

func (r *reader) bytes() []byte {
	size := r.between(0, int64(len(r.data)))
	return r.fixed(int(size))
}

func (r *reader) text() string {
	data := r.bytes()
	if !utf8.Valid(data) {
		r.fail("text that is not UTF-8")
		return ""
	}
	return string(data)
}

// end checks that nothing is left.
func (r *reader) end() error {
	if r.err == nil && r.left() > 0 {
		r.fail("%d bytes are left over", r.left())
	}
	return r.err
}

// array reads nothing, or one block of at most so many items.
func array[T any](r *reader, most int, item func() T) []T {
	count := r.between(0, int64(most))
	var found []T
	for i := int64(0); i < count && r.err == nil; i++ {
		found = append(found, item())
	}
	if count > 0 && r.long() != 0 {
		r.fail("an array goes on in a second block")
	}
	return found
}

// items is array for content: an item has a byte at least, so there cannot be more of them than bytes.
func items[T any](r *reader, item func() T) []T { return array(r, len(r.data), item) }
