/* elf64.h - the headers of an ELF file of 64 bits, as they stand: what each of
 * its readers demands of them is its own [ELF]. */
#ifndef MEASURE_ELF64_H
#define MEASURE_ELF64_H

#include "base/rd.h"

enum {
	ELF_EHDR_LEN = 64,
	ELF_PHDR_LEN = 56,
	ELF_DYN = 3,
	ELF_X86_64 = 62,
	/* where fields of the file's header stand */
	ELF_E_TYPE = 16,
	ELF_E_ENTRY = 24,
	ELF_E_PHOFF = 32,
	ELF_E_SHOFF = 40,
	ELF_E_PHENTSIZE = 54,
	ELF_E_PHNUM = 56,
	ELF_E_SHENTSIZE = 58,
	ELF_E_SHSTRNDX = 62,
	/* and those of a program header */
	ELF_P_FLAGS = 4,
	ELF_P_OFFSET = 8,
	ELF_P_VADDR = 16,
	ELF_P_FILESZ = 32,
	ELF_P_MEMSZ = 40,
	/* types of segments, and their rights */
	ELF_LOAD = 1,
	ELF_DYNAMIC = 2,
	ELF_INTERP = 3,
	ELF_TLS = 7,
	ELF_GNU_STACK = 0x6474e551,
	ELF_X = 1,
	ELF_W = 2,
	ELF_R = 4,
};

/* The file's header. */
struct assay_ehdr {
	struct assay_bytes ident;
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct assay_ehdr assay_ehdr_read(struct assay_rd *r);
/* Its first bytes say ELF, 64 bits, little-endian, version 1. */
bool assay_ehdr_is_elf64(const struct assay_ehdr *h);

/* A program header, and where it stands in the file. */
struct assay_phdr {
	size_t at;
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, memsz, align;
};
struct assay_phdr assay_phdr_read(struct assay_rd *r);
/* ASSAY_PAGE_R, _W, _X */
unsigned assay_phdr_rights(const struct assay_phdr *h);

#endif
